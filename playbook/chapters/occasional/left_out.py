"""Chapter 03: which occasional buyers are left out, what that saves and what it gives up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.occasional.evidence import Kinds, verdict_labels
from playbook.chapters.occasional.kinds import kind_labels
from playbook.chapters.occasional.left_out_words import kind_price_sentences, left_out_sentences
from playbook.chapters.occasional.second_order import SecondOrder
from playbook.offers import response
from playbook.offers.catalogue import Offer
from playbook.records.history import History
from playbook.records.reach import reach
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import value

SHIFTS = (-90, -60, -30, 0, 30, 60, 90)


@dataclass(frozen=True)
class LeftOut:
    """Which occasional buyers are left out, what that saves and what it gives up.

    Attributes
    ----------
    customers : DataFrame
        The customer table with contact_cost (of the cheapest contact that may be made; NaN: none may),
        worth (return probability times second lifetime value), pays (bool: worth is not below the
        cost), gain, gain_low, gain_high (margin that this contact adds, before its cost), left_out (bool).
        Money in the client's currency.
    treat : str
        apart, out or keep.
    days : int
        The cut.
    selection : bool
        The client's own selection says who is addressed, whatever is left out here.
    preset : str
    """

    customers: pd.DataFrame
    treat: str
    days: int
    selection: bool
    preset: str = "retail"

    @property
    def totals(self) -> dict[str, float]:
        """Return how many are left out, the cost saved and the margin given up."""
        return _totals(self.customers[self.customers["left_out"]])

    def findings(self) -> list[Finding]:
        """Return the cost saved and the margin given up."""
        seen, totals = self.customers, self.totals
        occasional = seen[seen["occasional"]]
        n = int(totals["left_out"])
        told = bool(occasional["worth"].notna().any())
        chosen = self.treat != "apart" or told or occasional.empty
        verdict = self.treat if chosen else "unknown"
        found = [
            Finding("left_out", n, unit="customers", n=len(occasional), verdict=verdict),
            Finding(
                "no_contact_allowed",
                int(occasional["contact_cost"].isna().sum()),
                unit="customers",
                n=len(occasional),
            ),
            Finding("cost_saved", round(totals["saved"], 2), unit="money", n=n),
            Finding("selection_stands", int(self.selection), unit="yes_no"),
            Finding("preset", self.preset),
            *self._kind_findings(occasional),
        ]
        if not told:
            return [*found, Finding("margin_given_up", None, unit="money", n=n, verdict="unknown")]
        value, low, high = (round(totals[name], 2) for name in ("given_up", "given_up_low", "given_up_high"))
        return [*found, Finding("margin_given_up", value, low, high, "money", n, "assumed")]

    def _kind_findings(self, occasional: pd.DataFrame) -> list[Finding]:
        found = []
        for kind, members in occasional.groupby("occasional_kind"):
            totals = _totals(members[members["left_out"]])
            n = int(totals["left_out"])
            found += [
                Finding(f"left_out_{kind}", n, unit="customers", n=len(members)),
                Finding(f"cost_saved_{kind}", round(totals["saved"], 2), unit="money", n=n),
                Finding(f"margin_given_up_{kind}", round(totals["given_up"], 2), unit="money", n=n),
            ]
        return found

    def kind_sentences(self, words: Words) -> list[str]:
        """Say of the kinds with most to leave out what that saves and gives up."""
        return kind_price_sentences({finding.name: finding for finding in self.findings()}, words)

    def sentences(self, words: Words) -> list[str]:
        """Say who is left out, what that saves and what it gives up."""
        return left_out_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return those left out and those treated apart, by what they are worth against a contact."""
        say = words.say
        occasional = self.customers[self.customers["occasional"]]
        kept = ~occasional["left_out"]
        rows = [
            (label, *_worth(occasional[mask]))
            for label, mask in (
                (say("left out"), ~kept),
                (say("treated apart"), kept),
            )
        ]
        headings = {
            "who": say("occasional buyers"),
            "customers": say("customers"),
            "chance": say("chance to return unaided"),
            "life": say("value of a second life"),
            "worth": say("chance times value"),
            "contact": say("cheapest contact"),
        }
        formats = {"customers": "number", "chance": "percent"}
        formats |= dict.fromkeys(("life", "worth", "contact"), "money_exact")
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("What each is worth against a contact (means)"),
            words,
            formats,
            headings,
        )

    def by_kind(self, kinds: Kinds, words: Words) -> Table:
        """Return occasional buyers by kind, how many are left out, and what the evidence says of the kind."""
        say = words.say
        occasional = self.customers[self.customers["occasional"]]
        out = occasional["left_out"]
        grouped = (
            occasional.assign(
                saved=occasional["contact_cost"].where(out), given_up=occasional["gain"].where(out)
            )
            .groupby("occasional_kind")
            .agg(
                customers=("left_out", "size"),
                left_out=("left_out", "sum"),
                saved=("saved", "sum"),
                given_up=("given_up", "sum"),
            )
        )
        verdicts = kinds.evidence.set_index("kind")["verdict"].map(verdict_labels(words)).rename("verdict")
        shown = verdicts.to_frame().join(grouped, how="inner").rename_axis("kind").reset_index()
        shown["kind"] = shown["kind"].map(kind_labels(words))
        headings = {
            "kind": say("what their one order was"),
            "customers": say("occasional buyers"),
            "left_out": say("left out"),
            "saved": say("cost saved"),
            "given_up": say("margin given up"),
            "verdict": say("buyers of this kind"),
        }
        return Table(
            shown[list(headings)],
            say("Left out, by kind"),
            words,
            {"customers": "number", "left_out": "number", "saved": "money", "given_up": "money"},
            headings,
            say(
                "A kind never leaves anybody out: it is the chance to return times the value that does. The"
                " kind says how to recognise such buyers early."
            ),
        )

    def sensitivity(self, words: Words) -> Table:
        """Return the list, the cost saved and the margin given up at cuts around the chosen one."""
        seen, say = self.customers, words.say
        once = (seen["orders"] == 1) & ~seen["old_customer"]
        rows = []
        for shift in SHIFTS:
            days = self.days + shift
            if days < 1:
                continue
            beyond = seen[once & (seen["silence_days"] > days).fillna(False)]
            totals = _totals(beyond[_chosen(beyond, self.treat)])
            rows.append((days, len(beyond), *(totals[name] for name in ("left_out", "saved", "given_up"))))
        headings = {
            "days": say("cut (days)"),
            "occasional": say("occasional"),
            "left_out": say("left out"),
            "saved": say("cost saved"),
            "given_up": say("margin given up"),
        }
        formats = dict.fromkeys(("days", "occasional", "left_out"), "number")
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("What another cut would change"),
            words,
            formats | dict.fromkeys(("saved", "given_up"), "money"),
            headings,
        )


def leave_out(
    history: History,
    sources: Sources | None,
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
    seen = customers.copy()
    seen["mean_order_margin"] = value.mean_order_margin(history, seen["customer_id"])
    life = value.second_life(history, second.inactivity_days)
    seen["life_value"] = value.second_lifetime_value(seen, life, settings.discount_rate)
    seen["worth"] = seen["return_probability"] * seen["life_value"]
    usable = [offer for offer in offers if not offer.suits]
    allowed = reach(seen, sources, settings, history.as_of)
    costs = np.array([np.where(allowed[f"may_{offer.channel}"], offer.cost, np.nan) for offer in usable])
    seen["contact_cost"] = _least(costs, len(seen))
    seen["pays"] = ~(seen["worth"] < seen["contact_cost"])
    for name, points in (("gain_low", "low"), ("gain", "points"), ("gain_high", "high")):
        gains = [_gain(offer, getattr(offer.response, points), seen, settings) for offer in usable]
        made = [
            np.where(own == seen["contact_cost"], gain, 0) for own, gain in zip(costs, gains, strict=True)
        ]
        seen[name] = np.max(made, axis=0, initial=0) if made else 0.0
    seen["left_out"] = seen["occasional"] & _chosen(seen, settings.occasional.treat)
    stands = settings.selection is not None
    return LeftOut(seen, settings.occasional.treat, second.days, stands, settings.preset)


def _least(costs: Any, size: int) -> Any:
    """Return the least cost of each customer; NaN where no contact may be made."""
    if not len(costs):
        return np.full(size, np.nan)
    return np.fmin.reduce(costs, axis=0)


def _gain(offer: Offer, points: float, seen: pd.DataFrame, settings: Settings) -> Any:
    """Return the margin that an offer adds to what comes anyway, before its cost; never below 0."""
    chance = seen["return_probability"].to_numpy(float)
    mean_order = (seen["sale_amount"] / seen["orders"].where(seen["orders"] > 0)).to_numpy(float)
    lapsed = chance[seen["lapsed"] & ~np.isnan(chance)]
    profit = response.profit_of(
        offer,
        points,
        chance,
        seen["life_value"].to_numpy(float),
        mean_order,
        settings,
        reference=float(lapsed.mean()) if lapsed.size else None,
    )
    return np.nan_to_num(np.maximum(profit + offer.cost, 0))


def _chosen(occasional: pd.DataFrame, treat: str) -> Any:
    """Say which of these occasional buyers are left out."""
    if treat == "apart":
        return ~occasional["pays"].to_numpy(bool)
    return np.full(len(occasional), treat == "out")


def _totals(left_out: pd.DataFrame) -> dict[str, float]:
    return {
        "left_out": len(left_out),
        "saved": float(left_out["contact_cost"].sum()),
        "given_up": float(left_out["gain"].sum()),
        "given_up_low": float(left_out["gain_low"].sum()),
        "given_up_high": float(left_out["gain_high"].sum()),
    }


def _worth(group: pd.DataFrame) -> tuple[float, ...]:
    columns = ["return_probability", "life_value", "worth", "contact_cost"]
    return (len(group), *(float(mean) for mean in group[columns].mean()))
