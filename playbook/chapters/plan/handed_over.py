"""What a plan hands over as files: ``plan.csv``, ``held_back.csv``, and ``mailing/`` for a mail house.

The files of ``mailing/`` carry names and addresses; the report does not.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from playbook.archive.sheets import write_sheet
from playbook.chapter import Chapter
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.plan_sheet import write_plan
from playbook.offers.catalogue import Offer
from playbook.offers.first_words import speaks
from playbook.stats.trials.earlier import INTENDED

REACHED_BY = {"letter": "address", "email": "email"}
"""The channels that a mail house serves, with the column that each needs."""
SWISS_SHEET = {"encoding": "utf-8-sig", "sep": ";", "lineterminator": "\r\n"}
"""As spreadsheets and word processors in Switzerland open it without asking."""


def hand_over(run: Chapter, plan: Plan) -> None:
    """Write all files of a plan into the run's folder."""
    write_plan(run.folder, plan.contacts)
    write_sheet(intended(plan), run.folder / INTENDED)
    write_mailing(run, plan)


# held_back.csv -------------------------------------------------------------------------------


def intended(plan: Plan) -> pd.DataFrame:
    """Return the offer, channel and week of everybody held back, had nobody been held back.

    Offers are dealt out by what pays, not by chance. So the customers of an offer can only be
    compared with those who would have got the same one.

    Returns
    -------
    DataFrame
        customer_id, rank, offer, channel, week (its Monday), by rank.
    """
    campaign = plan.campaign
    everybody = plan.undivided
    rows = np.flatnonzero(plan.held_back)
    offers = [campaign.offers[int(k)] for k in everybody.choice[rows]]
    frame = pd.DataFrame(
        {
            "customer_id": campaign.people["customer_id"].to_numpy()[rows],
            "rank": campaign.people["rank"].to_numpy(int)[rows],
            "offer": [offer.name for offer in offers],
            "channel": [offer.channel for offer in offers],
            "week": [campaign.window.monday(int(week)) for week in everybody.week[rows]],
        }
    )
    return frame.sort_values(["rank", "customer_id"], ignore_index=True)


# mailing/ ------------------------------------------------------------------------------------


def write_mailing(run: Chapter, plan: Plan) -> None:
    """Write a file for each channel and language, and whom to leave alone.

    ``mailing/letter_de.csv`` and so on: customer_id, name, the address by the channel where the
    client's customers have it, language, offer, code (to know a response by), send_on (Monday of
    the week), valid_until (see `valid_until`; no such column where none of the file's offers has an
    end), on_return, on_staying (in all, after staying_days), discount, text.
    ``mailing/do_not_contact.csv``: customer_id and why, for those held back, those on the
    suppression list and those who are the same person as another number.
    """
    folder = run.folder / "mailing"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    for (channel, language), part in merge_fields(run, plan).groupby(["channel", "language"]):
        part = part if part["valid_until"].notna().any() else part.drop(columns="valid_until")
        others = {"channel", *REACHED_BY.values()} - {REACHED_BY[str(channel)]}
        part = part.drop(columns=list(others), errors="ignore")
        write_sheet(part, folder / f"{channel}_{language}.csv", **SWISS_SHEET)
    write_sheet(left_alone(plan), folder / "do_not_contact.csv", **SWISS_SHEET)


def merge_fields(run: Chapter, plan: Plan) -> pd.DataFrame:
    """Return one row per letter and e-mail that is sent now, by week and customer_id."""
    mailed = plan.sent[plan.sent["channel"].isin(list(REACHED_BY))]
    mailed = mailed.sort_values(["week", "customer_id"], ignore_index=True)
    people = mailed[["customer_id"]].merge(_addresses(run), on="customer_id", how="left")
    names = [offer.name for offer in plan.campaign.offers]
    places = [names.index(name) for name in mailed["offer"]]
    made = [plan.campaign.offers[place] for place in places]
    return people.assign(
        language=speaks(people, run.settings),
        offer=mailed["offer"],
        code=[
            f"{run.as_of:%y%m}-{place + 1:02}-{customer}"
            for place, customer in zip(places, mailed["customer_id"], strict=True)
        ],
        send_on=mailed["week"],
        valid_until=valid_until(mailed["contact_by"], made),
        on_return=[offer.incentive_return for offer in made],
        on_staying=[offer.whole_stay for offer in made],
        staying_days=[", ".join(str(part.days) for part in offer.stays) for offer in made],
        discount=[offer.discount for offer in made],
        text=mailed["first_words"],
        channel=mailed["channel"],
    )


def valid_until(contact_by: pd.Series, made: Sequence[Offer]) -> pd.Series:
    """Return the day until which each customer may take up the offer; None where it has no end.

    That is ``valid_days`` of the catalogue after the last day of the contact, else the offer's last day.
    """
    days = [
        by + timedelta(days=offer.valid_days) if offer.valid_days else offer.last_day
        for by, offer in zip(contact_by, made, strict=True)
    ]
    return pd.Series(days, index=contact_by.index, dtype=object)


def left_alone(plan: Plan) -> pd.DataFrame:
    """Return customer_id and the reason of everybody whom no mailing of this campaign may reach."""
    reasons = {
        "held_back": "held back: control group, do not contact",
        "suppressed": "never contact",
        "lost_for_good": "never contact: cancelled for a reason that no offer changes",
        "same_person": "the same person as another number of this list or of the plan",
    }
    listed = plan.campaign.everybody[["customer_id"]].assign(why=plan.status.map(reasons))
    return listed.dropna(subset="why").sort_values("customer_id", ignore_index=True)


def _addresses(run: Chapter) -> pd.DataFrame:
    """Return name, language and addresses, one row per customer; ids alone where they are pseudonyms."""
    table = run.sources.customers
    if table is None or run.settings.pseudonymise:
        return pd.DataFrame({"customer_id": pd.Series(dtype=object)})
    columns = [name for name in ("name", "address", "email", "language") if name in table.columns]
    known = table.filter(table.customer_id.notnull()).select("customer_id", *columns)
    people: pd.DataFrame = known.order_by(["customer_id", *columns]).to_pyarrow().to_pandas()
    return people.drop_duplicates("customer_id")
