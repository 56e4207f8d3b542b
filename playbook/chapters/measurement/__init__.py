"""08 Measurement: whether it worked, and whether it lasts. Verdicts are given in `stats.trials.verdicts`."""

from playbook.chapters.measurement.calls_made import calls_made
from playbook.chapters.measurement.campaigns import measure_all
from playbook.chapters.measurement.design import Arms, enough, follow_lapsed, peek, power_of_shares
from playbook.chapters.measurement.design_page import design_test, write_assignment
from playbook.chapters.measurement.loop import chronicle, earlier_scores
from playbook.chapters.measurement.naive_answers import NaiveAnswers
from playbook.chapters.measurement.responses import LearnedResponses, keep
from playbook.chapters.measurement.segments import by_segment
from playbook.show import questions
from playbook.stats.trials.earlier import read_plan
from playbook.stats.trials.known_offers import known_offers
