"""04 Churn: when a customer is lost, who comes back unaided, and what waiting costs."""

from playbook.chapters.churn.backtest import ranked, try_on_past
from playbook.chapters.churn.contracts import find_contracts
from playbook.chapters.churn.group_curves import find_group_curves
from playbook.chapters.churn.lapsed import find_lapsed
from playbook.chapters.churn.reasons import find_reasons
from playbook.chapters.churn.sliders import slide
from playbook.chapters.churn.threshold import find_threshold
from playbook.chapters.churn.waiting import find_cost_of_waiting
from playbook.chapters.churn.why_cancelled import find_why_cancelled
from playbook.show import questions
from playbook.stats.spells import spell_counts
