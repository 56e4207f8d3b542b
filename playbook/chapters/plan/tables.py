"""The plan of chapter 07 as tables: by week and responsible, by what becomes of whom, by hand."""

import pandas as pd

from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.words import status_names
from playbook.offers.names import channel_names
from playbook.offers.response import incentive_staying
from playbook.show.display import Table
from playbook.show.words import Words


def by_week(plan: Plan, words: Words) -> Table:
    """Return how many contacts each responsible makes in each week."""
    say = words.say
    by = ["week", "responsible", "channel"]
    frame = plan.contacts.groupby(by, as_index=False).agg(
        contacts=("customer_id", "size"), last=("contact_by", "min"), profit=("expected_profit", "sum")
    )
    frame["channel"] = frame["channel"].map(channel_names(words))
    headings = {
        "week": say("week of"),
        "responsible": say("responsible"),
        "channel": say("channel"),
        "contacts": say("contacts"),
        "last": say("earliest deadline"),
        "profit": say("expected profit"),
    }
    formats = {"week": "date", "contacts": "number", "last": "date", "profit": "money"}
    return Table(frame[list(headings)], say("Who does what, and when"), words, formats, headings)


def by_status(plan: Plan, words: Words) -> Table:
    """Return what becomes of all who could be addressed, and why the others are not."""
    say, names = words.say, status_names(words)
    counts = plan.status[plan.status != "not_selected"].value_counts()
    frame = pd.DataFrame(
        [(names[name], int(counts[name])) for name in names if counts.get(name, 0)],
        columns=["status", "customers"],
    )
    headings = {"status": say("what becomes of them"), "customers": say("customers")}
    return Table(frame, say("Who is in the plan, and who is not"), words, {"customers": "number"}, headings)


def first_contacts(plan: Plan, words: Words, n: int = 10) -> Table:
    """Return the contacts that are expected to bring most."""
    say = words.say
    frame = plan.contacts.sort_values(["expected_profit", "customer_id"], ascending=[False, True]).head(n)
    headings = {
        "customer_id": say("customer"),
        "offer": say("offer"),
        "return_probability": say("chance to return"),
        "return_probability_with_offer": say("with the offer"),
        "expected_profit": say("expected profit"),
        "expected_profit_low": say("if the response is low"),
        "expected_profit_high": say("if it is high"),
    }
    profits = ("expected_profit", "expected_profit_low", "expected_profit_high")
    formats = dict.fromkeys(profits, "money_exact")
    formats |= dict.fromkeys(("return_probability", "return_probability_with_offer"), "percent")
    caption = say("The contacts that are expected to bring most")
    return Table(frame[list(headings)], caption, words, formats, headings)


def one_customer(plan: Plan, words: Words) -> Table:
    """Return the formula step by step for the customer who is expected to bring most."""
    say, money, percent = words.say, words.money, words.percent
    rows: list[tuple[str, str]] = []
    best = plan.contacts.nlargest(1, "expected_profit").to_dict("records")
    for row in best:
        place = plan.campaign.people.index[plan.campaign.people["customer_id"] == row["customer_id"]][0]
        names = [offer.name for offer in plan.campaign.offers]
        offer = plan.campaign.offers[names.index(row["offer"])]
        v0 = float(plan.campaign.v0[place])
        stays = incentive_staying(offer, plan.campaign.settings)
        rows = [
            (say("customer and offer"), f"{row['customer_id']}: {offer.name}"),
            (say("p0, chance to return unaided"), percent(row["return_probability"], 1)),
            (say("p1, chance to return with the offer"), percent(row["return_probability_with_offer"], 1)),
            (say("V0, a second life"), money(v0, 2)),
            (say("V1, a second life under this offer"), money(offer.second_life_share * v0, 2)),
            (say("I, incentive on return"), money(row["incentive_return"], 2)),
            (say("q × incentive on staying"), money(stays, 2)),
            (say("c, the contact"), money(offer.cost, 2)),
            (say("E = p1 × (V1 − I − q × I stay) − p0 × V0 − c"), money(row["expected_profit"], 2)),
        ]
    frame = pd.DataFrame(rows, columns=["what", "amount"])
    headings = {"what": say("step"), "amount": say("value")}
    return Table(frame, say("Expected profit by hand, for one customer"), words, headings=headings)
