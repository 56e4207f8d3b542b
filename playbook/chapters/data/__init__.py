"""01 Data: what we got, and whether it can be trusted."""

from playbook.chapters.data.intake import take_in, unreadable_lines
from playbook.intake.check import refuse_errors
from playbook.records.consent import consent_table, consents
from playbook.show import questions
