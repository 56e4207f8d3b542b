"""07 Offers: who offers what to whom, by which channel, until when, at what cost."""

from playbook.chapters.plan.campaign import prepare
from playbook.chapters.plan.comparisons import long_run, same_for_all
from playbook.chapters.plan.draws import relative_interval
from playbook.chapters.plan.handed_over import hand_over
from playbook.chapters.plan.lost.best import find_best_lost
from playbook.chapters.plan.lost.by_column import break_down
from playbook.chapters.plan.pictures import profit_by_offer, who_is_contacted
from playbook.chapters.plan.plan import make_plan
from playbook.chapters.plan.sliders import explore_plan
from playbook.chapters.plan.tables import by_responsible, first_contacts, one_customer
from playbook.chapters.plan.what_if import what_would_change
from playbook.offers.catalogue import table as offers_table
from playbook.show import questions
from playbook.stats.trials.known_offers import known_offers
