"""What a plan hands over as files: ``plan.csv``, ``held_back.csv``, and ``mailing/``.

The files of ``mailing/`` carry names and addresses; the report does not.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from playbook.archive.sheets import write_sheet
from playbook.chapter import Chapter
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.plan_sheet import write_plan
from playbook.offers.addressed import NAMES, PLACES, in_one_cell, in_parts, salutation, subject
from playbook.offers.catalogue import Offer
from playbook.offers.first_words import in_full, speaks
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS
from playbook.show.words import Words
from playbook.stats.trials.earlier import INTENDED

REACHED_BY = {"letter": "address", "email": "email"}
"""The channels that a mail house serves, with the column that each needs."""
PERSON = ("customer_id", *NAMES[:2], "begins", *NAMES[2:], "name", "name_parts")
PLACE = (*PLACES, "address", "address_parts")
OFFER = (
    *("language", "offer", "code", "send_on", "valid_until", "on_return", "on_staying", "staying_days"),
    *("discount", "text"),
)
COLUMNS = {"letter": (*PERSON, *PLACE, *OFFER), "email": (*PERSON, "email", *OFFER[:-1], "subject", "text")}
SWISS_SHEET = {"encoding": "utf-8-sig", "sep": ";", "lineterminator": "\r\n"}
"""As spreadsheets and word processors in Switzerland open it without asking."""
TOOLS = {
    "mailchimp": ("Email Address", "First Name", "Last Name", "Company"),
    "klaviyo": ("Email", "First Name", "Last Name", "Organization"),
    "hubspot": ("Email", "First name", "Last name", "Company name"),
}
"""What e-mail tools call email, first_name, last_name and company; they read commas and UTF-8."""


def hand_over(run: Chapter, plan: Plan) -> None:
    """Write all files of a plan into the run's folder."""
    write_plan(run.folder, plan.contacts)
    write_sheet(intended(plan), run.folder / INTENDED)
    write_mailing(run, plan)


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
    """Write a file for each channel and language, whom to leave alone, and the control group.

    ``mailing/letter_de.csv`` and so on hold `COLUMNS`: begins (how the letter does), name_parts and
    address_parts (exported, taken apart, as it is), code (to know a response by), send_on (Monday of the
    week), valid_until (see `valid_until`), what is promised as it is printed in the customer's language.
    With ``offers.mailing`` e-mails are written for a tool, see `TOOLS`. ``do_not_contact.csv``:
    customer_id, channels and why; ``control_group.csv``: whom chance leaves alone.
    """
    folder = run.folder / "mailing"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    sheets = merge_fields(run, plan)
    for (channel, language), part in sheets.groupby(["channel", "language"]):
        part = part[[name for name in COLUMNS[str(channel)] if name in part]]
        _write(part, folder / f"{channel}_{language}.csv", str(channel), run.settings)
    write_sheet(left_alone(plan), folder / "do_not_contact.csv", **SWISS_SHEET)
    held = plan.campaign.people.loc[plan.held_back, ["customer_id"]].sort_values("customer_id")
    write_sheet(held, folder / "control_group.csv", **SWISS_SHEET)


def _write(part: pd.DataFrame, path: Path, channel: str, settings: Settings) -> None:
    tool = settings.offers.mailing
    part = part.map(in_one_cell)
    if channel == "email" and tool:
        heads = dict(zip(("email", "first_name", "last_name", "company"), TOOLS[tool], strict=True))
        first = [*heads, *(name for name in part if name not in heads)]
        write_sheet(part[first].rename(columns=heads), path)
    else:
        write_sheet(part, path, **SWISS_SHEET)


def merge_fields(run: Chapter, plan: Plan) -> pd.DataFrame:
    """Return one row per letter and e-mail that is sent now, by week and customer_id."""
    mailed = plan.sent[plan.sent["channel"].isin(list(REACHED_BY))]
    mailed = mailed.sort_values(["week", "customer_id"], ignore_index=True)
    people = mailed[["customer_id"]].merge(_addresses(run), on="customer_id", how="left")
    people = people.reindex(columns=list(dict.fromkeys([*people, "name", "address"])))
    parts = in_parts(people)
    people = people.drop(columns=list(parts), errors="ignore").join(parts)
    names = [offer.name for offer in plan.campaign.offers]
    places = [names.index(name) for name in mailed["offer"]]
    made = [plan.campaign.offers[place] for place in places]
    languages = speaks(people, plan.campaign.settings)
    ends = valid_until(mailed["contact_by"], made)
    return people.assign(
        begins=[salutation(one, s) for one, s in zip(_rows(people), languages, strict=True)],
        language=languages,
        offer=mailed["offer"],
        code=[
            f"{run.as_of:%y%m}-{place + 1:02}-{customer}"
            for place, customer in zip(places, mailed["customer_id"], strict=True)
        ],
        send_on=mailed["week"],
        **_printed(made, languages, ends, run.settings),
        staying_days=[", ".join(str(part.days) for part in offer.stays) for offer in made],
        subject=[subject(offer, run.settings.preset, s) for offer, s in zip(made, languages, strict=True)],
        text=mailed["first_words"],
        channel=mailed["channel"],
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _printed(
    made: Sequence[Offer], languages: Sequence[str], ends: Sequence[date | None], settings: Settings
) -> dict[str, list[Any]]:
    """Return what is promised as it is printed: in the customer's language, empty where it is nothing."""
    said: dict[str, list[Any]] = {"valid_until": [], "on_return": [], "on_staying": [], "discount": []}
    for offer, language, end in zip(made, languages, ends, strict=True):
        words = Words(language, settings.currency)
        said["valid_until"].append(in_full(pd.Timestamp(end), language) if end else None)
        for name, amount in (("on_return", offer.incentive_return), ("on_staying", offer.whole_stay)):
            said[name].append(words.price(amount) if amount else None)
        said["discount"].append(words.percent(offer.discount) if offer.discount else None)
    return said


def valid_until(contact_by: pd.Series, made: Sequence[Offer]) -> list[date | None]:
    """Return the day until which each customer may take up the offer; None where it has no end.

    That is ``valid_days`` of the catalogue after the last day of the contact, else the offer's last day.
    """
    return [
        by + timedelta(days=offer.valid_days) if offer.valid_days else offer.last_day
        for by, offer in zip(contact_by, made, strict=True)
    ]


def left_alone(plan: Plan) -> pd.DataFrame:
    """Return everybody whom no mailing of this client may reach, by which channels not, and why.

    Returns
    -------
    DataFrame
        customer_id, channels, why; by customer_id. The control group stands apart.
    """
    everybody = plan.campaign.everybody
    reasons = {
        "suppressed": "on the suppression list",
        "lost_for_good": "cancelled for a reason that no offer changes",
        "refused": "refused",
    }
    channels = everybody.reindex(columns=[f"consent_{channel}" for channel in CHANNELS])
    channels = channels.set_axis(list(CHANNELS), axis=1)
    parts = [
        everybody[["customer_id"]][plan.status == "same_person"].assign(
            channels="all", why="the same person as another number of this list or of the plan"
        )
    ]
    for reason, why in reasons.items():
        closed = channels == reason
        which = closed.apply(lambda row: "all" if row.all() else ", ".join(row.index[row]), axis=1)
        found = everybody[["customer_id"]].assign(channels=which, why=why)
        parts.append(found[closed.any(axis=1)])
    listed = pd.concat(parts, ignore_index=True)
    return listed.sort_values(["customer_id", "why"], ignore_index=True)


def _addresses(run: Chapter) -> pd.DataFrame:
    """Return what is known of how to address each customer, one row each; ids alone for pseudonyms."""
    table = run.sources.customers
    if table is None or run.settings.pseudonymise:
        return pd.DataFrame({"customer_id": pd.Series(dtype=object)})
    wanted = ("name", "address", "email", "language", *NAMES, *PLACES)
    columns = [name for name in wanted if name in table.columns]
    known = table.filter(table.customer_id.notnull()).select("customer_id", *columns)
    people: pd.DataFrame = known.order_by(["customer_id", *columns]).to_pyarrow().to_pandas()
    return people.drop_duplicates("customer_id")
