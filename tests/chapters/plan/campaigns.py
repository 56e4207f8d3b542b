"""Campaigns over a handful of customers, without the history that they are otherwise read from."""

from datetime import date
from typing import Any

import numpy as np

from playbook.archive.findings import Findings
from playbook.chapters.plan import campaign, what_would_change
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.plan import Plan, make_plan
from playbook.offers.window import Window
from playbook.settings.client import Settings
from tests import builders

AS_OF = date(2025, 9, 30)


def settings_of(budget=1000.0, holdout_share=0.0, weeks=4, consent=("letter",), **more: Any) -> Settings:
    chosen = {"budget": budget, "holdout_share": holdout_share, "weeks": weeks}
    return builders.settings_of(**({"offers": chosen, "consent": {"assumed": consent}} | more))


def prepared(frame, offers, settings=None, chances=None) -> Campaign:
    """A campaign over these customers; ``chances`` by week, where they change."""
    settings, offers = settings or settings_of(), tuple(offers)
    everybody = frame.assign(contactable=frame[[f"may_{o.channel}" for o in offers]].any(axis=1))
    everybody["status"] = campaign._status(everybody, everybody["lapsed"].to_numpy(bool), settings)
    chosen = everybody[everybody["status"] == "addressed"].reset_index(drop=True)
    chosen["mean_order"] = chosen["revenue"] / chosen["orders"]
    today = chosen["return_probability"].to_numpy(float)
    window = Window(AS_OF, settings.offers.weeks)
    weekly = np.repeat(today[:, None], window.weeks, axis=1) if chances is None else chances
    nobody = np.zeros(len(chosen), dtype=bool)
    suits = campaign._suits(chosen, offers)
    return campaign._hold_back(Campaign(everybody, chosen, offers, suits, weekly, window, settings, nobody))


def plan_for(frame, *offers, settings=None, chances=None, least_chance=0.0) -> Plan:
    """The plan for a handful, which chance alone may turn into a loss."""
    return make_plan(prepared(frame, offers, settings, chances), least_chance=least_chance)


def found(plan: Plan) -> Findings:
    return plan.by_name | what_would_change(plan).by_name
