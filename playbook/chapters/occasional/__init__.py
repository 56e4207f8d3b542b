"""03 Occasional buyers: who was hardly ever going to be a customer, and whether leaving them out pays."""

from playbook.chapters.occasional.base import find_occasional
from playbook.chapters.occasional.contrast import compare_with_active
from playbook.chapters.occasional.evidence import measure_kinds
from playbook.chapters.occasional.kinds import first_orders
from playbook.chapters.occasional.left_out import leave_out
from playbook.chapters.occasional.second_order import find_second_order
from playbook.chapters.occasional.sensitivity import explore_rules, vary_rules
from playbook.chapters.occasional.words import reasons
from playbook.offers.catalogue import load as load_catalogue
from playbook.show import questions
