"""06 Scoring: whom we want back first, and whom we let go."""

from playbook.chapters.scoring.backtest import try_on_past, which_carried
from playbook.chapters.scoring.comparisons import RevenueList, try_other_weights
from playbook.chapters.scoring.let_go import whom_to_let_go
from playbook.chapters.scoring.ranking import rank
from playbook.chapters.scoring.second_lives import check_second_lives
from playbook.chapters.scoring.sliders import explore_weights
from playbook.chapters.scoring.worth import see_worth
from playbook.show import questions
from playbook.stats.trials.known_offers import known_offers
