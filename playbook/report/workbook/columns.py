"""What the columns of the lists are called, how they are shown and what they mean: each stands here once."""

from dataclasses import dataclass

from playbook.show.words import Words

PERSONAL = ("name", "email", "phone", "address", "language")
"""Columns of the client's customer table that the sheets repeat where they are there."""
WHO = ("customer_id", *PERSONAL)
PAST = ("orders", "margin", "last_order", "silence_days")
PROSPECT = ("second_lifetime_value", "return_probability")

Description = tuple[str, str, str]
"""Heading; kind (one of `styles.WIDTHS`); what it means, empty where the heading says it."""


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its name in the tables, its heading, how it is shown, and what it means."""

    name: str
    heading: str
    kind: str
    note: str


def choose_columns(words: Words, *names: str, **notes: str) -> list[SheetColumn]:
    """Return columns by name; ``notes`` say what a column means where a sheet means something else."""
    described = _of_customers(words) | _of_the_ranking(words) | _of_the_plan(words) | _of_calls(words)
    chosen = []
    for name in names:
        heading, kind, note = described[name]
        chosen.append(SheetColumn(name, heading, kind, notes.get(name, note)))
    return chosen


def _of_customers(words: Words) -> dict[str, Description]:
    """Describe who a customer is, what the customer has done, and what may come."""
    say = words.say
    return {name: (say(name), "text", "") for name in PERSONAL} | {
        "customer_id": (say("customer"), "text", say("the client's number")),
        "stage": (say("stage"), "text", say("of the relationship, today")),
        "orders": (say("orders"), "number", say("days with a purchase")),
        "margin": (say("past margin"), "money", say("net of returns")),
        "last_order": (say("last order"), "date", ""),
        "silence_days": (say("days of silence"), "number", say("since the last order")),
        "second_lifetime_value": (say("second lifetime value"), "money", say("margin if won back")),
        "return_probability": (say("chance unaided"), "share", say("of an order within the horizon")),
        "occasional_kind": (say("kind"), "text", say("what the first order tells of the customer")),
        "occasional_reason": (say("why"), "long", say("what speaks for that kind")),
        "treated": (say("treatment"), "text", say("left out: cannot pay for the cheapest contact")),
    }


def _of_the_ranking(words: Words) -> dict[str, Description]:
    """Describe how a customer was scored, and why some are let go."""
    say = words.say
    return {
        "rank": (say("rank"), "number", ""),
        "class": (say("class"), "text", say("first, if the budget allows, wait, let go")),
        "apart": (
            say("ranked apart"),
            "text",
            say("behind the others; with no consent: ask for it at the next occasion"),
        ),
        "score": (say("score"), "decimal", say("sum of the points, each times its weight")),
        "reason": (say("reasons"), "long", say("where the customer stands out most from the others")),
        "weakest": (
            say("weakest point"),
            "long",
            say("where the customer falls behind the others most"),
        ),
        "why_let_go": (say("why"), "long", say("from the customer's own value and chance")),
        "cheapest_contact": (say("cheapest contact"), "money", say("what one contact would have cost")),
        "why_no_offer": (say("why no offer"), "text", ""),
        "last_words": (say("what to say"), "long", say("if they get in touch, in their language")),
    }


def _of_the_plan(words: Words) -> dict[str, Description]:
    """Describe who offers what to whom, by when, at what cost, and what it is expected to bring."""
    say = words.say
    return {
        "week": (say("week"), "date", say("its Monday")),
        "responsible": (say("responsible"), "text", say("who does it")),
        "offer": (say("offer"), "text", say("from the catalogue")),
        "channel": (say("channel"), "text", ""),
        "contact_by": (say("contact by"), "date", say("the last day on which the offer still pays")),
        "contact_cost": (say("cost of contact"), "money", ""),
        "incentive_return": (say("on return"), "money", say("paid if the customer returns")),
        "incentive_stay": (say("on staying"), "money", say("paid if the customer stays")),
        "return_probability_with_offer": (say("chance with the offer"), "share", ""),
        "expected_profit": (say("expected profit"), "money", say("over leaving the customer alone")),
        "expected_profit_low": (say("from"), "money", say("90% interval of the expected profit")),
        "expected_profit_high": (say("to"), "money", say("90% interval of the expected profit")),
        "spared": (say("held back from"), "text", ""),
        "contacts": (say("contacts"), "number", ""),
        "contacts_cost": (say("they cost"), "money", say("without incentives")),
        "earliest": (say("earliest deadline"), "date", say("the first of them no longer pays after it")),
    }


def _of_calls(words: Words) -> dict[str, Description]:
    """Describe what a caller knows, says, may promise and writes down."""
    say = words.say
    return {
        "know": (say("what to know"), "long", say("from the client's own records")),
        "first_words": (say("what to say first"), "long", say("in the customer's language")),
        "caller": (say("responsible"), "text", say("who looks after the customer, else the usual one")),
        "until": (say("until"), "date", say("after it the offer no longer pays: leave it")),
        "dial": (say("telephone"), "text", say("with the country's code")),
        "speaks": (say("in"), "text", say("the customer's language")),
        "warning": (say("why"), "long", say("what the customer showed, or has not done")),
        "first_step": (say("begin with"), "long", say("what the call is about")),
        "promise": (say("may be promised"), "long", say("from the catalogue of offers")),
        "leaving_risk": (say("risk to leave"), "share", say("of no order within the horizon")),
        "margin_at_stake": (
            say("margin at stake"),
            "money",
            say("the risk times the margin of who stays"),
        ),
        "ways": (say("may be written to by"), "text", say("where consent is recorded or assumed")),
    }
