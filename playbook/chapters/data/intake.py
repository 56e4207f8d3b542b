"""Chapter 01: what came in, what was left out, and whether the rest can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import pandas as pd
import seaborn as sns

from playbook.archive.findings import Finding, Findings
from playbook.intake.check import inspect
from playbook.intake.check.calendar import missing_months, thin_months
from playbook.intake.check.rules import Check, check_findings, check_sentences, checks_table
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Column, Say, Table
from playbook.show.figures import BLUE, ORANGE, Picture, new_figure, show_months
from playbook.show.words import Words
from playbook.stats.result import Result

ONLY_SHOPS = frozenset({"margin", "list_amount", "coupon", "is_sample", "is_promotion"})
"""Columns of the orders that no charity is asked for."""
UNLOCKS = {
    "margin": "the client's own margins instead of a rate of revenue",
    "coupon": "occasional buyers who came for a coupon",
    "is_sample": "occasional buyers who came for a sample",
    "is_promotion": "occasional buyers who came for a promoted product",
    "list_amount": "bargain hunters, and who buys only at a discount",
    "source": "occasional buyers who came through paid search or an affiliate",
    "sales_channel": "customers who are only ever online",
}
"""Optional columns of the orders, and what each would let the playbook tell."""


@dataclass(frozen=True)
class Intake(Result):
    """What came in and what became of it.

    Attributes
    ----------
    read : int
        Order lines in the files.
    unreadable, without_customer, incomplete, after_as_of : int
        Lines left out, each counted once, in this order.
    ruled_out : mapping
        Lines that client.yml leaves out, by the column that it goes by.
    repeated : int
        Lines that only repeat the total of their order.
    sales, returns, zeros : int
        Lines used: sales, returns and lines of amount 0 that are no sale.
    orders, customers, buyers, repeaters : int
        Orders (days with a sale); customers with any line or in the customer table; those with
        an order; those with two or more.
    revenue : float
        Net of returns, of the lines used.
    first_day, last_day, as_of : date
    months : DataFrame
        month (first day of it), orders, gap (bool: no orders, or far too few).
    missing : tuple of str
        Optional order columns that the client does not have.
    checks : tuple of Check
        What is wrong, errors first.
    """

    read: int
    unreadable: int
    without_customer: int
    incomplete: int
    after_as_of: int
    sales: int
    returns: int
    zeros: int
    orders: int
    customers: int
    buyers: int
    repeaters: int
    revenue: float
    first_day: date
    last_day: date
    as_of: date
    months: pd.DataFrame
    missing: tuple[str, ...]
    checks: tuple[Check, ...]
    ruled_out: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0

    @property
    def counting(self) -> int:
        """Lines that count by client.yml, whether or not they can be used."""
        return self.read - sum(self.ruled_out.values()) - self.repeated

    @property
    def used(self) -> int:
        """Lines that the playbook works with."""
        return self.sales + self.returns + self.zeros

    @property
    def verdict(self) -> str:
        """One of trusted, with_care, not_enough."""
        if self.repeaters < 30 or (self.last_day - self.first_day).days < 180:
            return "not_enough"
        if self.used < 0.9 * self.counting or any(check.severity != "note" for check in self.checks):
            return "with_care"
        return "trusted"

    def findings(self) -> list[Finding]:
        """Return the numbers of this chapter."""
        counts = {
            "lines_read": self.read,
            "lines_unreadable": self.unreadable,
            "lines_without_customer": self.without_customer,
            "lines_incomplete": self.incomplete,
            "lines_after_as_of": self.after_as_of,
            "lines_returns": self.returns,
            "lines_zero": self.zeros,
            "lines_used": self.used,
        }
        by_rules = {"lines_ruled_out": sum(self.ruled_out.values()), "lines_repeated": self.repeated}
        counts |= {name: n for name, n in by_rules.items() if n}
        people = {"customers": self.customers, "buyers": self.buyers, "repeat_buyers": self.repeaters}
        return [
            Finding("as_of", self.as_of.isoformat(), unit="date"),
            Finding("first_day", self.first_day.isoformat(), unit="date"),
            Finding("last_day", self.last_day.isoformat(), unit="date"),
            *(Finding(name, value, unit="lines", n=self.read) for name, value in counts.items()),
            *(Finding(name, value, unit="customers") for name, value in people.items()),
            Finding("orders", self.orders, unit="orders"),
            Finding("revenue", round(self.revenue, 2), unit="money", n=self.orders),
            Finding(
                "data_quality",
                self.used / max(self.counting, 1),
                unit="share",
                n=self.counting,
                verdict=self.verdict,
            ),
            Finding("columns_missing", " ".join(self.missing), unit="columns", n=len(self.missing)),
            Finding("months_with_gaps", int(self.months["gap"].sum()), unit="months", n=len(self.months)),
            *check_findings(self.checks),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say what came in, and what is wrong with it."""
        return sentences(self.by_name, words)

    def trust(self, words: Words) -> Say:
        """Say whether the rest of the playbook can be trusted on these data."""
        say = words.say
        if self.verdict == "trusted":
            text = say("The rest of the playbook can be trusted on this data.")
        elif self.verdict == "with_care":
            text = say(
                "The rest of the playbook can be read with care: it speaks only of the lines that are used,"
                " and the warnings above bear on it."
            )
        elif self.repeaters:
            text = words.say_many(
                "The data are sound but too little: much of what follows cannot be told from one customer"
                " who bought twice.",
                "The data are sound but too little: much of what follows cannot be told from {n} customers"
                " who bought twice.",
                self.repeaters,
            )
        else:
            text = say(
                "The data are sound but too little: nobody bought twice, and much of what follows cannot be"
                " told."
            )
        return Say([text])

    def table(self, words: Words) -> Table:
        """Return the way from the lines in the files to the lines used."""
        say = words.say
        steps = [
            (say("lines in the files"), self.read, ""),
            *(
                (say("left out by {column}", column=column), -n, say("client.yml says which values count"))
                for column, n in self.ruled_out.items()
            ),
            *(
                [(say("total of an order again"), -self.repeated, say("it counts once per order"))]
                if self.repeated
                else []
            ),
            (say("could not be read"), -self.unreadable, say("a date or number that is none")),
            (say("without a customer"), -self.without_customer, say("nobody to win back")),
            (say("without a date or an amount"), -self.incomplete, say("empty cells")),
            (say("after the as-of date"), -self.after_as_of, say("not known on that day")),
            (say("lines used"), self.used, ""),
            (say("of these sales"), self.sales, say("they make the orders")),
            (say("of these returns"), self.returns, say("they lower revenue, never an order")),
            (say("of these of amount 0"), self.zeros, say("neither a sale nor a return")),
        ]
        frame = pd.DataFrame(steps, columns=["step", "lines", "why"])
        caption = say("From the lines in the files to the lines used")
        return Table(
            frame, caption, words, columns={"step": "", "lines": (say("lines"), "number"), "why": say("why")}
        )

    def wrong(self, words: Words) -> Table:
        """Return everything that was found wrong, with what it does to the result and what to do."""
        return checks_table(self.checks, words)

    def unlocks(self, words: Words) -> Table | None:
        """Return the columns that the client does not have and what each would tell; None without any."""
        asked = [name for name in self.missing if words.preset != "donations" or name not in ONLY_SHOPS]
        if not asked:
            return None
        frame = pd.DataFrame({"column": asked, "tells": [words.say(UNLOCKS[name]) for name in asked]})
        columns = {"column": words.say("missing column"), "tells": words.say("what it would tell")}
        return Table(frame, words.say("Columns that would unlock more"), words, columns=columns)

    def figure(self, words: Words) -> Picture:
        """Draw orders by month, with the gaps marked."""
        months, gap = pd.to_datetime(self.months["month"]), self.months["gap"]
        title = words.say_many(
            "Orders by month: {n} month has none, or far fewer than its neighbours",
            "Orders by month: {n} months have none, or far fewer than their neighbours",
            int(gap.sum()),
        )
        figure, axes = new_figure(
            title if gap.any() else words.say("Orders by month: no gap stands out"), height=3.2
        )
        sns.barplot(x=months, y=self.months["orders"], native_scale=True, color=BLUE, saturation=1, ax=axes)
        show_months(axes, months.to_list(), words)
        half = pd.Timedelta(days=14)
        for month in months[gap]:
            axes.axvspan(month - half, month + half, color=ORANGE, alpha=0.25)
            axes.annotate("?", (month, 0), ha="center", va="bottom", color=ORANGE, fontweight="bold")
        return Picture(figure, self._alt(words))

    def _alt(self, words: Words) -> str:
        best = self.months.iloc[int(self.months["orders"].to_numpy().argmax())].to_dict()
        alt = words.say(
            "Bars of orders by month from {first} to {last}; the highest is {best} with {orders}.",
            first=words.date(self.first_day),
            last=words.date(self.last_day),
            best=words.date(best["month"]),
            orders=words.number(float(best["orders"])),
        )
        marked = ", ".join(words.month(month) for month in self.months.loc[self.months["gap"], "month"])
        return f"{alt} {words.say('Marked as gaps: {months}.', months=marked)}" if marked else alt


def take_in(history: History, sources: Sources, today: date | None = None) -> Intake:
    """Count what came in, what was left out and what is used, and look for what is wrong.

    Parameters
    ----------
    today : date
        Later dates lie in the future; by default the day of the call.
    """
    unreadable = sum(value.table == "orders" for value in sources.unreadable)
    counts = _left_out(history) | _used(history) | _people(history)
    has = set(sources.orders.columns)
    left_out = sources.files.rows_seen("orders").left_out
    by_column = left_out.groupby("column", sort=False)["rows"].sum()
    ruled_out = {str(column): int(n) for column, n in by_column.items()}
    repeated = _repeated(history)
    return Intake(
        read=counts.pop("lines") + unreadable + sum(ruled_out.values()) + repeated,
        ruled_out=ruled_out,
        repeated=repeated,
        unreadable=unreadable,
        revenue=float(counts.pop("revenue")),
        first_day=history.first_day,
        last_day=history.last_day,
        as_of=history.as_of,
        months=_months(history),
        missing=tuple(name for name in UNLOCKS if name not in has),
        checks=inspect(history.settings, sources, history, today),
        **{name: int(n or 0) for name, n in counts.items()},
    )


def unreadable_lines(sources: Sources, words: Words) -> Table:
    """Return where the first ten values stand that could not be read; not what: it may be a name."""
    say = words.say
    columns: dict[str, Column] = {
        "table": say("table"),
        "file": say("file"),
        "row": (say("row"), "number"),
        "column": say("column"),
    }
    frame = pd.DataFrame([vars(value) for value in sources.unreadable[:10]], columns=list(columns))
    frame["table"] = frame["table"].map(say)
    return Table(frame, say("Values that could not be read"), words, columns=columns)


# What is counted -----------------------------------------------------------------------------


def _row(aggregated: Any) -> dict[str, Any]:
    """Return the only row of a table."""
    row: dict[str, Any] = aggregated.to_pyarrow().to_pylist()[0]
    return row


def _left_out(history: History) -> dict[str, Any]:
    """Count the lines that could be read, and those left out: each for the first reason that applies."""
    days = history.all_days
    # A line without a customer counts as that alone, whatever else is wrong with it.
    nobody = days.customer_id.isnull()
    late = (days.day > ibis.literal(history.as_of)).fill_null(False)
    return _row(
        days.aggregate(
            lines=days.lines.sum(),
            without_customer=ibis.ifelse(nobody, days.lines, 0).sum(),
            incomplete=ibis.ifelse(nobody, 0, days.incomplete_lines).sum(),
            after_as_of=ibis.ifelse(~nobody & late, days.lines - days.incomplete_lines, 0).sum(),
        )
    )


def _repeated(history: History) -> int:
    """Count the lines that only repeat the total of their order."""
    days = history.all_days
    return int(days.repeated_lines.sum().execute()) if "repeated_lines" in days.columns else 0


def _used(history: History) -> dict[str, Any]:
    """Count the lines used, and the orders and revenue that they make."""
    days = history.days
    return _row(
        days.aggregate(
            sales=days.sale_lines.sum(),
            returns=days.return_lines.sum(),
            zeros=days.zero_lines.sum(),
            orders=(days.sale_lines > 0).sum(),
            revenue=days.revenue.sum(),
        )
    )


def _people(history: History) -> dict[str, Any]:
    """Count who is known, who has ordered, and who has ordered more than once."""
    ids = history.days.select("customer_id").distinct()
    if history.known is not None:
        named = history.known.filter(history.known.customer_id.notnull())
        ids = ids.union(named.select("customer_id"), distinct=True)
    buyers = history.orders.group_by("customer_id").aggregate(orders=history.orders.count())
    counted = buyers.aggregate(buyers=buyers.count(), repeaters=(buyers.orders > 1).sum())
    return _row(counted) | {"customers": int(ids.count().execute())}


def _months(history: History) -> pd.DataFrame:
    """Return orders by month, empty months included and marked."""
    days = history.days
    counted = days.group_by(month=days.day.truncate("M")).aggregate(orders=(days.sale_lines > 0).sum())
    frame = counted.to_pyarrow().to_pandas()
    orders = frame.set_index(pd.to_datetime(frame["month"]))["orders"].astype("int64")
    orders = orders.reindex(pd.date_range(orders.index.min(), orders.index.max(), freq="MS"), fill_value=0)
    thin = thin_months(orders, history.settings.checks.thin_month)
    gap = orders.index.isin([*missing_months(orders), *thin])
    return pd.DataFrame({"orders": orders, "gap": gap}).reset_index(names="month")


# The words -----------------------------------------------------------------------------------


def sentences(findings: Findings, words: Words) -> list[str]:
    """Word what came in from the findings of this chapter."""
    value = {name: finding.value for name, finding in findings.items()}
    many = words.say_many
    out = value.get("lines_ruled_out", 0) + value.get("lines_repeated", 0)
    read = many(
        "{n} order line was read; {out} do not count by client.yml."
        if out
        else "{n} order line was read and is used.",
        "{n} order lines were read, {out} of which do not count by client.yml; of the others {used} ({share})"
        " are used."
        if out
        else "{n} order lines were read; {used} of them ({share}) are used.",
        value["lines_read"],
        out=words.number(out),
        used=words.number(value["lines_used"]),
        share=words.percent(value["data_quality"], 1),
    )
    makes = words.say(
        "That makes {orders} by {buyers} on {first}, worth {revenue} net of returns."
        if value["first_day"] == value["last_day"]
        else "That makes {orders} by {buyers} from {first} to {last}, worth {revenue} net of returns.",
        orders=many("{n} order", "{n} orders", value["orders"]),
        buyers=many("{n} customer", "{n} customers", value["buyers"]),
        first=words.date(date.fromisoformat(str(value["first_day"]))),
        last=words.date(date.fromisoformat(str(value["last_day"]))),
        revenue=words.money(value["revenue"]),
    )
    return [f"{read} {makes}", *warnings(findings, words)]


def warnings(findings: Findings, words: Words) -> list[str]:
    """Word what was left out, worst first, with what it does to the result."""
    left_out = [
        (
            "lines_without_customer",
            "{n} line ({share}) has no customer; what was bought counts for nobody below.",
            "{n} lines ({share}) have no customer; what they bought counts for nobody below.",
        ),
        (
            "lines_unreadable",
            "{n} line ({share}) could not be read and is left out.",
            "{n} lines ({share}) could not be read and are left out.",
        ),
        (
            "lines_incomplete",
            "{n} line ({share}) lacks a date or an amount and is left out.",
            "{n} lines ({share}) lack a date or an amount and are left out.",
        ),
        (
            "lines_after_as_of",
            "{n} line ({share}) lies after the as-of date and is not looked at.",
            "{n} lines ({share}) lie after the as-of date and are not looked at.",
        ),
    ]
    read = findings["lines_read"].value
    counted = sorted(((findings[name].value, *texts) for name, *texts in left_out), key=lambda row: -row[0])
    said = [words.say_many(one, many, n, share=words.percent(n / read, 1)) for n, one, many in counted if n]
    return [*said, *check_sentences(findings, words)]
