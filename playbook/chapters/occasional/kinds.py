"""Chapter 03: kinds of occasional buyers, by rules on their first order alone.

A kind is a rule, not a verdict: `evidence` measures whether its buyers really come back less often.
"""

import pandas as pd

from playbook.records.history import History
from playbook.settings.client import Occasional
from playbook.show.words import Words
from playbook.stats.spells import spells

COLUMNS: dict[str, dict[str, str]] = {
    "sample": {"sample_lines": "is_sample"},
    "coupon": {"coupon_lines": "coupon"},
    "promotion": {"promotion_lines": "is_promotion"},
    "bargain": {"list_amount": "list_amount"},
    "online_only": {"sales_channel": "sales_channel", "source": "source"},
}
"""The kinds by precedence, the most telling first, with the columns each takes: by day, and in the export.

What was bought goes before what made it cheap, and both go before how the customer came.
"""

NO_KIND, NOT_KNOWN = "none", "not_known"
EVERY_KIND = (*COLUMNS, NO_KIND, NOT_KNOWN)
"""All that a first order may be called."""


def first_orders(history: History) -> pd.DataFrame:
    """Return every buyer's first order, with what became of it.

    Returns
    -------
    DataFrame
        customer_id (sorted); old_customer (bool: the true first order may lie before the log);
        start (datetime); duration (days to the second order or the as-of date); returned (bool); age
        (days from the first order to the as-of date); sale_lines; sale_amount and, where the client
        has the columns, list_amount (client's currency); sample_lines, coupon_lines,
        promotion_lines; sales_channel, last_channel, source.
    """
    every_spell, orders = spells(history), history.orders
    optional = [*(column for columns in COLUMNS.values() for column in columns), "last_channel"]
    columns = ["sale_lines", "sale_amount", *(column for column in optional if column in orders.columns)]
    bought = orders.select("customer_id", *columns, start="day")
    firsts = every_spell.filter(every_spell.order_number == 1).inner_join(bought, ["customer_id", "start"])
    kept = ["customer_id", "old_customer", "start", "duration", "returned", *columns]
    frame: pd.DataFrame = firsts.select(kept).order_by("customer_id").to_pyarrow().to_pandas()
    frame["start"] = pd.to_datetime(frame["start"])
    for column in {"sale_amount", "list_amount"} & set(frame):
        frame[column] = frame[column].astype("float64")
    return frame.assign(age=(pd.Timestamp(history.as_of) - frame["start"]).dt.days)


# The rules -----------------------------------------------------------------------------------


def deep_discount(first: pd.DataFrame, settings: Occasional) -> pd.Series:
    """Say which first orders were bought at a deep discount off the list price, for whatever reason."""
    listed = first["list_amount"].where(first["list_amount"] > 0)
    # 20% off comes out as 0.19999999999999996: just at the limit is over it
    return (1 - first["sale_amount"] / listed).ge(settings.deep_discount - 1e-9)


def hits(first: pd.DataFrame, settings: Occasional) -> pd.DataFrame:
    """Apply every rule to every first order.

    Returns
    -------
    DataFrame
        One bool column per kind whose columns are there, in the order of precedence.
    """
    found: dict[str, pd.Series] = {}
    for kind, column in (("sample", "sample_lines"), ("promotion", "promotion_lines")):
        if column in first:
            found[kind] = first[column] >= settings.least_share * first["sale_lines"]
    if "coupon_lines" in first:
        found["coupon"] = first["coupon_lines"] > 0
    if "list_amount" in first:
        found["bargain"] = deep_discount(first, settings)
        # a coupon or a promotion says why it was cheap, and is a kind of its own
        for reason in ("coupon_lines", "promotion_lines"):
            if reason in first:
                found["bargain"] &= first[reason] == 0
    if "source" in first and "sales_channel" in first:
        found["online_only"] = online(first, settings) & paid(first, settings)
    return pd.DataFrame({kind: found[kind] for kind in COLUMNS if kind in found}, index=first.index)


def online(first: pd.DataFrame, settings: Occasional) -> pd.Series:
    """Say which first orders were placed online and nowhere else."""
    named = [name.casefold() for name in settings.online_channels]
    # a day's orders keep the first and the last of their channels by name: both online, so are all
    least, most = first["sales_channel"].str.casefold(), first["last_channel"].str.casefold()
    return least.isin(named) & most.isin(named)


def paid(first: pd.DataFrame, settings: Occasional) -> pd.Series:
    """Say which first orders came from a source that was paid for."""
    named = [name.casefold() for name in settings.paid_sources]
    return first["source"].str.casefold().isin(named)


def assign(hit: pd.DataFrame) -> pd.Series:
    """Return one kind per first order: the first rule that fits.

    Where none fits, ``none``; or ``not_known`` where a rule could not be applied.
    """
    otherwise = NO_KIND if len(hit.columns) == len(COLUMNS) else NOT_KNOWN
    if hit.columns.empty:
        return pd.Series(otherwise, index=hit.index, dtype=object)
    return hit.idxmax(axis=1).where(hit.any(axis=1), otherwise).astype(object)


def missing_columns(first: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns of the orders that the rules would take and that are not there."""
    wanted = [pair for columns in COLUMNS.values() for pair in columns.items()]
    return tuple(theirs for ours, theirs in wanted if ours not in first)


def kind_labels(words: Words) -> dict[str, str]:
    """Return what each kind is called."""
    say = words.say
    return {
        "sample": say("sample buyers"),
        "coupon": say("coupon redeemers"),
        "promotion": say("buyers of promoted products"),
        "bargain": say("bargain hunters"),
        "online_only": say("online only, from paid search or an affiliate"),
        NO_KIND: say("no special kind"),
        NOT_KNOWN: say("not known"),
    }
