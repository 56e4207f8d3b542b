"""The plan of chapter 07 as tables: by week and responsible, by hand."""

import pandas as pd

from playbook.chapters.plan.plan import Plan
from playbook.offers.names import channel_names
from playbook.offers.response import incentive_staying
from playbook.show.display import Column, Table
from playbook.show.words import Words


def by_responsible(plan: Plan, words: Words) -> Table:
    """Return how many contacts each responsible makes, from when to when, those of a later wave left out."""
    say = words.say
    frame = plan.sent.groupby(["responsible", "channel"], as_index=False).agg(
        contacts=("customer_id", "size"),
        first=("week", "min"),
        until=("week", "max"),
        last=("contact_by", "min"),
        profit=("expected_profit", "sum"),
    )
    frame["channel"] = frame["channel"].map(channel_names(words))
    columns: dict[str, Column] = {
        "responsible": say("responsible"),
        "channel": say("channel"),
        "contacts": (say("contacts"), "number"),
        "first": (say("from the week of"), "date"),
        "until": (say("to that of"), "date"),
        "last": (say("earliest deadline"), "date"),
        "profit": (say("expected profit"), "money"),
    }
    return Table(frame, say("Who does what, and when"), words, columns=columns)


def first_contacts(plan: Plan, words: Words) -> Table:
    """Return the ten contacts that are expected to bring most."""
    say = words.say
    frame = plan.contacts.sort_values(["expected_profit", "customer_id"], ascending=[False, True]).head(10)
    columns: dict[str, Column] = {
        "customer_id": say("customer"),
        "offer": say("offer"),
        "return_probability": (say("chance to return"), "percent"),
        "return_probability_with_offer": (say("with the offer"), "percent"),
        "expected_profit": (say("expected profit"), "money_exact"),
        "expected_profit_low": (say("from"), "money_exact"),
        "expected_profit_high": (say("to"), "money_exact"),
    }
    return Table(frame, say("The contacts that are expected to bring most"), words, columns=columns)


def one_customer(plan: Plan, words: Words) -> Table:
    """Return the formula step by step for the customer who is expected to bring most."""
    say, money, percent, campaign = words.say, words.money, words.percent, plan.campaign
    rows: list[tuple[str, str]] = []
    for row in plan.contacts.nlargest(1, "expected_profit").to_dict("records"):
        place = campaign.people["customer_id"].tolist().index(row["customer_id"])
        offer = campaign.offers[plan.assignment.choice[place]]
        v0 = float(campaign.v0[place])
        stays = incentive_staying(offer, campaign.settings)
        rows = [
            (say("customer and offer"), f"{row['customer_id']}: {offer.name}"),
            (say("p0, chance to return unaided"), percent(row["return_probability"], 1)),
            (say("p1, chance to return with the offer"), percent(row["return_probability_with_offer"], 1)),
            (
                say("p1 − p0, points added: fewer where the silence is longer than tested"),
                percent(row["return_probability_with_offer"] - row["return_probability"], 1),
            ),
            (say("V0, a second life"), money(v0, 2)),
            (say("V1, a second life under this offer"), money(offer.expected_share * v0, 2)),
            (say("I, incentive on return"), money(row["incentive_return"], 2)),
            (say("q × incentive on staying"), money(stays, 2)),
            (say("c, the contact"), money(offer.cost, 2)),
            (say("E = p1 × (V1 − I − q × I stay) − p0 × V0 − c"), money(row["expected_profit"], 2)),
        ]
    frame = pd.DataFrame(rows, columns=["what", "amount"])
    columns: dict[str, Column] = {"what": say("step"), "amount": say("value")}
    return Table(frame, say("Expected profit by hand, for one customer"), words, columns=columns)
