"""02 Lifecycle: in which stage every contact is, and who is at risk."""

from playbook.chapters.lifecycle.base import find_stages
from playbook.chapters.lifecycle.cohorts import find_cohorts
from playbook.chapters.lifecycle.daily_events import read_daily_events
from playbook.chapters.lifecycle.development import develop, since_last_report
from playbook.chapters.lifecycle.margin_lost import find_margin_lost
from playbook.chapters.lifecycle.profiles import the_happiest, those_who_left
from playbook.show import questions
