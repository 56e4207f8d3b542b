"""Chapter 03: which occasional buyers are left out, what that saves and what it gives up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns

from playbook.archive.findings import Finding
from playbook.chapters.occasional.evidence import Kinds, verdict_labels
from playbook.chapters.occasional.kinds import kind_labels
from playbook.chapters.occasional.second_order import SecondOrder
from playbook.chapters.occasional.words import kind_price_sentences, left_out_sentences
from playbook.offers import response
from playbook.offers.catalogue import Offer
from playbook.records.arrays import Array, Flags
from playbook.records.history import History
from playbook.records.reach import reach
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.display import Column, Table
from playbook.show.figures import GREY, INK, ORANGE, Picture, compact_axis, new_figure
from playbook.show.words import Words
from playbook.stats import value
from playbook.stats.result import Result


@dataclass(frozen=True)
class LeftOut(Result):
    """Which occasional buyers are left out, what that saves and what it gives up.

    Attributes
    ----------
    customers : DataFrame
        The customer table with contact_cost (of the cheapest contact that may be made; NaN: none may),
        worth (return probability times second lifetime value), pays (bool: worth is not below the
        cost, or some offer that may be made is expected to add more than it costs), gain, gain_low,
        gain_high (margin that the cheapest contact adds, before its cost), left_out (bool). Money in the
        client's currency.
    treat : str
        apart, out or keep.
    selection : bool
        The client's own selection says who is addressed, whatever is left out here.
    preset : str
    """

    customers: pd.DataFrame
    treat: str
    selection: bool
    preset: str

    @property
    def occasional(self) -> pd.DataFrame:
        """Return the occasional buyers among the customers."""
        return self.customers[self.customers["occasional"]]

    @property
    def totals(self) -> dict[str, float]:
        """Return how many are left out, the cost saved and the margin given up."""
        return totals_of(self.customers[self.customers["left_out"]])

    @property
    def totals_by_kind(self) -> dict[str, dict[str, float]]:
        """Return the same by the occasional buyers' kind, with how many they are (customers)."""
        return {
            str(kind): {"customers": len(members)} | totals_of(members[members["left_out"]])
            for kind, members in self.occasional.groupby("occasional_kind")
        }

    def findings(self) -> list[Finding]:
        """Return the cost saved and the margin given up."""
        occasional, totals = self.occasional, self.totals
        n, of = int(totals["left_out"]), len(occasional)
        known = bool(occasional["worth"].notna().any())
        chosen = self.treat != "apart" or known or occasional.empty
        no_contact = int(occasional["contact_cost"].isna().sum())
        return [
            Finding("left_out", n, unit="customers", n=of, verdict=self.treat if chosen else "unknown"),
            Finding("no_contact_allowed", no_contact, unit="customers", n=of),
            Finding("cost_saved", round(totals["saved"], 2), unit="money", n=n),
            Finding("selection_stands", int(self.selection), unit="yes_no"),
            Finding("preset", self.preset),
            *self._by_kind(),
            _given_up(totals, n, known),
        ]

    def _by_kind(self) -> list[Finding]:
        found = []
        for kind, totals in self.totals_by_kind.items():
            n, of = int(totals["left_out"]), int(totals["customers"])
            found += [
                Finding(f"left_out_{kind}", n, unit="customers", n=of),
                Finding(f"cost_saved_{kind}", round(totals["saved"], 2), unit="money", n=n),
                Finding(f"margin_given_up_{kind}", round(totals["given_up"], 2), unit="money", n=n),
            ]
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say who is left out, what that saves and what it gives up."""
        return left_out_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return those left out and those treated apart, by what they are worth against a contact."""
        say, occasional = words.say, self.occasional
        means = ["return_probability", "life_value", "worth", "contact_cost"]
        rows = []
        for out, label in ((True, say("left out")), (False, say("treated apart"))):
            group = occasional[occasional["left_out"] == out]
            rows.append({"who": label, "customers": len(group), **group[means].mean()})
        return Table(
            pd.DataFrame(rows),
            say("What each is worth against a contact (means)"),
            words,
            columns={
                "who": say("occasional buyers"),
                "customers": (say("customers"), "number"),
                "return_probability": (say("chance to return unaided"), "percent"),
                "life_value": (say("value of a second life"), "money_exact"),
                "worth": (say("chance times value"), "money_exact"),
                "contact_cost": (say("cheapest contact"), "money_exact"),
            },
        )

    def figure(self, words: Words) -> Picture:
        """Draw the cost saved beside the margin given up."""
        return side_by_side(self.totals, words)

    def by_kind(self, kinds: Kinds) -> "LeftOutByKind":
        """Return what leaving out saves and gives up by kind, beside the evidence for the kind."""
        return LeftOutByKind(self, kinds)


@dataclass(frozen=True)
class LeftOutByKind(Result):
    """What leaving out saves and gives up, by the kind of occasional buyer."""

    weighed: LeftOut
    kinds: Kinds

    def findings(self) -> list[Finding]:
        """Return the findings of all that are left out: those by kind are among them."""
        return self.weighed.findings()

    def sentences(self, words: Words) -> list[str]:
        """Say of the kinds with most to leave out what that saves and gives up."""
        return kind_price_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return occasional buyers by kind, how many are left out, and what the evidence says of the kind."""
        say, totals = words.say, self.weighed.totals_by_kind
        labels, verdicts = kind_labels(words), verdict_labels(words)
        rows = [
            {"kind": labels[kind], "verdict": verdicts.get(verdict), **totals[kind]}
            for kind, verdict in self.kinds.evidence[["kind", "verdict"]].itertuples(index=False)
            if kind in totals
        ]
        columns = ["kind", "customers", "left_out", "saved", "given_up", "verdict"]
        return Table(
            pd.DataFrame(rows, columns=columns),
            say("Left out, by kind"),
            words,
            columns={
                "kind": say("what their one order was"),
                "customers": (say("occasional buyers"), "number"),
                **amount_columns(words),
                "verdict": say("buyers of this kind"),
            },
            note=say(
                "A kind never leaves anybody out: it is the chance to return times the value that does. The"
                " kind says how to recognise such buyers early."
            ),
        )


def amount_columns(words: Words) -> dict[str, Column]:
    """Return how a table shows what leaving out saves and gives up."""
    say = words.say
    return {
        "left_out": (say("left out"), "number"),
        "saved": (say("cost saved"), "money"),
        "given_up": (say("margin given up"), "money"),
    }


def side_by_side(totals: Mapping[str, float], words: Words) -> Picture:
    """Draw the cost saved beside the margin given up, with the range of the latter."""
    say, amounts = words.say, [totals["given_up"], totals["saved"]]
    names = [say("margin given up"), say("cost saved")]
    amounts_in_words = {"given_up": words.money(amounts[0]), "saved": words.money(amounts[1])}
    title = say("Saves {saved}, gives up {given_up} of margin", **amounts_in_words)
    figure, axes = new_figure(title, height=1.9)
    palette = dict(zip(names, (ORANGE, GREY), strict=True))
    sns.barplot(x=amounts, y=names, hue=names, palette=palette, saturation=1, width=0.55, ax=axes)
    if totals["left_out"]:
        axes.hlines(0, totals["given_up_low"], totals["given_up_high"], color=INK, linewidth=1.5, zorder=3)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    compact_axis(axes.xaxis, words)
    axes.set_xlim(0, max(*amounts, totals["given_up_high"], 1.0) * 1.08)
    alt = say(
        "Two bars: leaving out {n} occasional buyers saves {saved} and gives up {given_up} of margin.",
        n=words.number(totals["left_out"]),
        **amounts_in_words,
    )
    return Picture(figure, alt)


def leave_out(
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    second: SecondOrder,
    offers: Sequence[Offer],
) -> LeftOut:
    """Weigh what each occasional buyer is worth against the cheapest contact that may be made.

    Parameters
    ----------
    customers : DataFrame
        The customer table with silence_days, lapsed, old_customer, occasional, occasional_kind,
        return_probability, expected_orders.
    offers : sequence of Offer
        The catalogue. An offer for a complaint or a cancellation is no contact for everybody.
    """
    settings = history.settings
    people = customers.copy()
    people["mean_order_margin"] = value.mean_order_margin(history, people["customer_id"])
    life = value.second_life(history, second.inactivity_days)
    people["life_value"] = value.second_lifetime_value(people, life, settings.discount_rate)
    people["worth"] = people["return_probability"] * people["life_value"]
    usable = [offer for offer in offers if not offer.suits]
    allowed = reach(people, sources, settings, history.as_of)
    costs = [np.where(allowed[f"may_{offer.channel}"], offer.cost, np.nan) for offer in usable]
    cheapest = np.fmin.reduce(costs, axis=0, initial=np.nan)
    people["contact_cost"] = cheapest
    adds = [_gain(offer, offer.response.expected, people, settings) for offer in usable]
    better = [gain > cost for gain, cost in zip(adds, costs, strict=True)]
    people["pays"] = ~(people["worth"] < cheapest) | np.any(better, axis=0)
    # the contact that is weighed is the cheapest; of several at one price, the one that adds most
    for name, points in (("gain_low", "low"), ("gain", "points"), ("gain_high", "high")):
        gains = [
            np.where(cost == cheapest, _gain(offer, getattr(offer.response, points), people, settings), 0)
            for offer, cost in zip(usable, costs, strict=True)
        ]
        people[name] = np.max(gains, axis=0, initial=0)
    treat = settings.occasional.treat
    people["left_out"] = people["occasional"] & is_left_out(people, treat)
    return LeftOut(people, treat, settings.selection is not None, settings.preset)


def _gain(offer: Offer, points: float, people: pd.DataFrame, settings: Settings) -> Array:
    """Return the margin that an offer adds to what comes anyway, before its cost; never below 0."""
    chance = people["return_probability"].to_numpy(float)
    mean_order = (people["sale_amount"] / people["orders"].where(people["orders"] > 0)).to_numpy(float)
    lapsed = chance[people["lapsed"] & ~np.isnan(chance)]
    profit = response.profit_of(
        offer,
        points,
        chance,
        people["life_value"].to_numpy(float),
        mean_order,
        settings,
        reference=float(lapsed.mean()) if lapsed.size else None,
    )
    return np.nan_to_num(np.maximum(profit + offer.cost, 0))


def is_left_out(occasional: pd.DataFrame, treat: str) -> Flags:
    """Say which of these occasional buyers are left out under a treatment."""
    if treat == "apart":
        return ~occasional["pays"].to_numpy(bool)
    return np.full(len(occasional), treat == "out")


def totals_of(left_out: pd.DataFrame) -> dict[str, float]:
    """Return how many are left out, the cost saved and the margin given up with its range."""
    return {
        "left_out": len(left_out),
        "saved": float(left_out["contact_cost"].sum()),
        "given_up": float(left_out["gain"].sum()),
        "given_up_low": float(left_out["gain_low"].sum()),
        "given_up_high": float(left_out["gain_high"].sum()),
    }


def _given_up(totals: Mapping[str, float], n: int, known: bool) -> Finding:
    if not known:
        return Finding("margin_given_up", None, unit="money", n=n, verdict="unknown")
    given_up, low, high = (round(totals[f"given_up{end}"], 2) for end in ("", "_low", "_high"))
    return Finding("margin_given_up", given_up, low, high, "money", n, "assumed")
