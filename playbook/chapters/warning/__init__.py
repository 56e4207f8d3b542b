"""05 Early warning: who is about to leave."""

from playbook.chapters.warning.backtest import how_many_calls, try_on_past
from playbook.chapters.warning.calls import plan_calls
from playbook.chapters.warning.judged import judge
from playbook.chapters.warning.leaving import horizon_that_fits, look_back, who_showed
from playbook.chapters.warning.model import combine
from playbook.chapters.warning.trial import write_assignment
from playbook.offers.catalogue import load as load_catalogue
from playbook.show import questions
