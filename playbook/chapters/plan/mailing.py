"""``mailing/``: what a mail house needs, a file for each channel and language, and whom to leave alone.

These files carry names and addresses; the report does not.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.plan_sheet import as_text
from playbook.offers.catalogue import Offer
from playbook.offers.first_words import speaks

FOLDER = "mailing"
REACHED_BY = {"letter": "address", "email": "email"}
"""The channels that a mail house serves, with the column that each needs."""
LEFT_ALONE = "do_not_contact.csv"
ENCODING, SEPARATOR = "utf-8-sig", ";"
"""As spreadsheets and word processors in Switzerland open it without asking."""


def write_mailing(run: Chapter, plan: Plan) -> list[str]:
    """Write the files of a plan into the run's folder, each whole or not at all; return their names.

    ``mailing/letter_de.csv`` and so on: customer_id, name, the address by the channel where the
    client's customers have it, language, offer, code (to know a response by), send_on (Monday of
    the week), valid_until (see `valid_until`; no such column where none of the file's offers has an
    end), on_return, on_staying (in all, after staying_days), discount, text.
    ``mailing/do_not_contact.csv``: customer_id and why, for those held back, those on the
    suppression list and those who are the same person as another number.
    """
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    letters = merge_fields(run, plan)
    names = []
    for (channel, language), part in letters.groupby(["channel", "language"], sort=True):
        names.append(f"{channel}_{language}.csv")
        part = part if part["valid_until"].notna().any() else part.drop(columns="valid_until")
        kept = [name for name in part if name not in (*REACHED_BY.values(), "channel")]
        address = [name for name in (REACHED_BY[str(channel)],) if name in part]
        place = kept.index("language")
        _write(part[[*kept[:place], *address, *kept[place:]]], folder / names[-1])
    _write(left_alone(plan), folder / LEFT_ALONE)
    return [*names, LEFT_ALONE]


def merge_fields(run: Chapter, plan: Plan) -> pd.DataFrame:
    """Return one row per letter and e-mail of the plan, by week and customer_id."""
    mailed = plan.contacts[plan.contacts["channel"].isin(list(REACHED_BY))]
    mailed = mailed.sort_values(["week", "customer_id"], ignore_index=True)
    places = {offer.name: place for place, offer in enumerate(plan.campaign.offers, 1)}
    offers = {offer.name: offer for offer in plan.campaign.offers}
    people = mailed[["customer_id"]].merge(_addresses(run), on="customer_id", how="left")
    code = mailed["offer"].map(lambda name: f"{run.as_of:%y%m}-{places[name]:02}-")
    fields = people.assign(
        language=speaks(people, run.settings),
        offer=mailed["offer"],
        code=code + mailed["customer_id"].astype(str),
        send_on=mailed["week"],
        valid_until=valid_until(mailed, offers),
        on_return=mailed["offer"].map(lambda name: offers[name].incentive_return),
        on_staying=mailed["offer"].map(lambda name: offers[name].whole_stay),
        staying_days=mailed["offer"].map(lambda name: _days(offers[name])),
        discount=mailed["offer"].map(lambda name: offers[name].discount),
        text=mailed["first_words"],
        channel=mailed["channel"],
    )
    return fields


def valid_until(mailed: pd.DataFrame, offers: Mapping[str, Offer]) -> pd.Series:
    """Return the day until which each customer may take up the offer; None where it has no end.

    That is ``valid_days`` of the catalogue after contact_by, else the offer's last day.

    Parameters
    ----------
    mailed : DataFrame
        offer, contact_by (date).
    """
    days = [
        by + timedelta(days=valid) if (valid := offers[name].valid_days) else offers[name].last_day
        for name, by in zip(mailed["offer"], mailed["contact_by"], strict=True)
    ]
    return pd.Series(days, index=mailed.index, dtype=object)


def left_alone(plan: Plan) -> pd.DataFrame:
    """Return customer_id and the reason of everybody whom no mailing of this campaign may reach."""
    status = plan.status
    reasons = {
        "held_back": "held back: control group, do not contact",
        "suppressed": "never contact",
        "same_person": "the same person as another number of this list or of the plan",
    }
    chosen = status.isin(list(reasons))
    everybody = plan.campaign.everybody["customer_id"]
    listed = pd.DataFrame({"customer_id": everybody[chosen], "why": status[chosen].map(reasons)})
    return listed.sort_values("customer_id", ignore_index=True)


def _days(offer: Offer) -> str:
    return ", ".join(str(part.days) for part in offer.stays)


def _addresses(run: Chapter) -> pd.DataFrame:
    """Return name, language and addresses, one row per customer; ids alone where they are pseudonyms."""
    table = run.sources.customers
    if table is None or run.settings.pseudonymise:
        return pd.DataFrame({"customer_id": pd.Series(dtype=object)})
    columns = [name for name in ("name", "address", "email", "language") if name in table.columns]
    known = table.filter(table.customer_id.notnull()).select("customer_id", *columns)
    people: pd.DataFrame = known.order_by(["customer_id", *columns]).to_pyarrow().to_pandas()
    return people.drop_duplicates("customer_id")


def _write(frame: pd.DataFrame, path: Path) -> None:
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    sheet = frame.assign(**{str(name): frame[name].map(as_text) for name in texts})
    partial = path.with_suffix(".partial")
    sheet.to_csv(partial, index=False, encoding=ENCODING, sep=SEPARATOR, lineterminator="\r\n")
    partial.replace(path)
