"""The offers as they stand: the catalogue, with what was measured in place of what is assumed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.offers import catalogue
from playbook.offers.catalogue import Failure, Offer
from playbook.offers.names import channel_names, kind_names
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.display import Table, table_of
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.accepted import FAILED, by_chance, failures, with_verdicts
from playbook.stats.trials.earlier import assigned, with_remembered
from playbook.stats.trials.responses import (
    assumed,
    assumed_shares,
    informed,
    measured_responses,
    measured_second_lives,
)
from playbook.stats.trials.trust import Cell


@dataclass(frozen=True)
class KnownOffers(Result):
    """The client's offers, and what was measured of them.

    Attributes
    ----------
    stated : tuple of Offer
        As the catalogue has them.
    responses, second_lives : DataFrame
        As `measured_responses` and `measured_second_lives` return them.
    offers : tuple of Offer
        The same offers with what was measured.
    used : bool
        Whether the plan uses what was measured.
    earlier : DataFrame
        The earlier campaigns, as `accepted.with_verdicts` returns them.
    unsound, not_random : tuple of str
        Those of them that nothing is learned from: chapter 08 does not accept them, or nobody says
        that chance drew their arms.
    """

    stated: tuple[Offer, ...]
    responses: pd.DataFrame
    second_lives: pd.DataFrame
    offers: tuple[Offer, ...]
    used: bool
    earlier: pd.DataFrame
    unsound: tuple[str, ...]
    not_random: tuple[str, ...]

    def findings(self) -> list[Finding]:
        """Return what a second life under an offer is worth: measured from whom, or assumed."""
        rows, used = self.second_lives.to_dict("records"), "used" if self.used else "not_used"
        found = [Finding("second_lives_measured", len(rows), unit="kinds", verdict=used)]
        for k, row in enumerate(rows, 1):
            name = f"second_life_{k}"
            n_treated, n_control = int(row["n_treated"]), int(row["n_control"])
            share = round(float(row["share"]), 6)
            found += [
                Finding(name, f"{row['kind']} {row['channel']}", verdict=row["campaigns"]),
                Finding(f"{name}_share", share, float(row["low"]), float(row["high"]), "share", n_treated),
                Finding(f"{name}_unaided", n_control, unit="customers"),
            ]
        guessed = [o.second_life_share for o in self.offers if o.second_life_source == "assumed"]
        low, high = (min(guessed), max(guessed)) if guessed else (None, None)
        return [
            *found,
            Finding("second_lives_assumed", len(guessed), low, high, "offers"),
            Finding("campaigns_unsound", list(self.unsound), unit="names"),
            Finding("campaigns_not_random", list(self.not_random), unit="names"),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say which campaigns teach nothing, and what the others say of a second life under an offer."""
        return [*lesson_sentences(self.by_name, words), *second_life_sentences(self.by_name, words)]

    def table(self, words: Words) -> Table:
        """Return what was measured by kind and channel, beside what the catalogue assumes."""
        say, kinds, channels = words.say, kind_names(words), channel_names(words)
        guessed = {cell: words.points(response.points) for cell, response in assumed(self.stated).items()}
        points, reach, lives = self._in_use(words)
        note = (
            "Points: so many more of a hundred returned than of those left alone. What is used lies between"
            " what was measured and what was assumed, the nearer to the measurement the more customers it"
            " had."
            if self.used
            else "Points: so many more of a hundred returned than of those left alone. What was measured is"
            " not used, as client.yml has it (offers.use_measured), but what was assumed."
        )
        return table_of(
            self.responses[self.responses["offer"].isna()].to_dict("records"),
            {
                say("kindness"): lambda row: kinds[row["kind"]],
                say("channel"): lambda row: channels.get(row["channel"], row["channel"]),
                say("campaigns"): lambda row: row["campaigns"],
                (say("contacted"), "number"): lambda row: row["n_treated"],
                (say("left alone"), "number"): lambda row: row["n_control"],
                say("points measured"): lambda row: words.points(row["raw_points"]),
                say("assumed"): lambda row: guessed.get(_cell(row)),
                say("used"): lambda row: points.get(_cell(row)),
                say("90% interval"): lambda row: reach.get(_cell(row)),
                (say("a second life is worth"), "percent"): lambda row: lives.get(_cell(row)),
            },
            say("What earlier campaigns with a control group have shown"),
            words,
            say(note),
        )

    def _in_use(self, words: Words) -> tuple[dict[Cell, str], dict[Cell, str], dict[Cell, float]]:
        """Return by kind and channel the points used, their interval, and what a second life is worth."""
        if self.used:
            pooled = self.responses[self.responses["offer"].isna()].to_dict("records")
            used = {_cell(row): (row["lift_points"], row["low"], row["high"]) for row in pooled}
            lives = {_cell(row): float(row["share"]) for row in self.second_lives.to_dict("records")}
        else:
            taken = assumed(self.stated)
            used = {cell: (response.points, response.low, response.high) for cell, response in taken.items()}
            lives = assumed_shares(self.stated)
        points = {cell: words.points(value) for cell, (value, _, _) in used.items()}
        reach = {
            cell: words.between(words.points(low), words.points(high))
            for cell, (_, low, high) in used.items()
        }
        return points, reach, lives


def known_offers(history: History, sources: Sources, folder: Path, home: Path) -> KnownOffers:
    """Read the catalogue, and measure what the client's earlier campaigns allow.

    Parameters
    ----------
    folder, home : Path
        The client's own folder, and the folder of its reports.

    Raises
    ------
    SettingsError
        Where the catalogue cannot be.
    """
    stated = catalogue.load(history.settings, folder)
    key = (known_offers, *(offer.model_dump_json() for offer in stated))
    if key not in history.answers:
        kinds = {name: offer.kind for offer in stated for name in offer.names}
        history.answers[key] = with_verdicts(assigned(history, sources, kinds), history, sources, stated)
    return learn(stated, with_remembered(history.answers[key], home, history), history.settings)


def learn(stated: tuple[Offer, ...], earlier: pd.DataFrame, settings: Settings) -> KnownOffers:
    """Measure responses and second lives, and put them in place of assumptions where they are to be used.

    Only of campaigns that chapter 08 accepts, and whose arms were drawn by chance.

    Parameters
    ----------
    earlier : DataFrame
        As `accepted.with_verdicts` returns it.
    """
    use, sound = settings.offers.use_measured, earlier["sound"].to_numpy(bool)
    random = earlier["campaign"].map(lambda name: by_chance(name, settings)).to_numpy(bool)
    lessons = earlier[sound & random]
    responses = measured_responses(lessons, assumed(stated))
    second_lives = measured_second_lives(lessons, assumed_shares(stated), responses)
    offers = informed(stated, *((responses, second_lives) if use else (responses.iloc[:0],)))
    failed = failures(lessons)
    offers = tuple(_failed(offer, failed, settings) for offer in offers)
    told = earlier.assign(sound=sound, random=random).groupby("campaign")
    campaigns = told.agg(arms=("arm", "nunique"), sound=("sound", "any"), random=("random", "any"))
    campaigns = campaigns[campaigns["arms"] > 1]
    unsound = tuple(campaigns.index[campaigns["random"] & ~campaigns["sound"]])
    not_random = tuple(campaigns.index[~campaigns["random"]])
    return KnownOffers(stated, responses, second_lives, offers, use, earlier, unsound, not_random)


def _failed(offer: Offer, failed: Mapping[Cell, tuple[str, str]], settings: Settings) -> Offer:
    """Mark an offer for everybody whose kind has failed, where client.yml does not ask for it again."""
    campaign, verdict = failed.get((offer.kind, offer.channel)) or failed.get((offer.kind, "")) or ("", "")
    if offer.suits or offer.kind in settings.offers.retry or verdict not in FAILED:
        return offer
    return offer.model_copy(
        update={"failed": Failure.model_validate({"campaign": campaign, "verdict": verdict})}
    )


def lesson_sentences(findings: Findings, words: Words) -> list[str]:
    """Word from which campaigns with a control group nothing is learned, and why."""
    why = {
        "campaigns_not_random": "Nothing is learned from {names}: client.yml does not say that chance drew"
        " who was left alone (measurement.randomised), and whoever is chosen otherwise differs before.",
        "campaigns_unsound": "Nothing is learned from {names}: the chapter on measurement does not accept the"
        " comparison, since chance would not have drawn such groups, or too few of them are known.",
    }
    return [
        words.say(message, names=", ".join(f"“{name}”" for name in findings[name].value))
        for name, message in why.items()
        if findings[name].value
    ]


def second_life_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what a second life under an offer is worth, beside one begun unaided."""
    measured, said = findings["second_lives_measured"], []
    if measured.value:
        listed = [_measured_life(k, findings, words) for k in range(1, int(measured.value) + 1)]
        said = [
            words.say(
                "A second life begun under an offer is worth, measured by the margin of all who were"
                " contacted against all who were left alone (90% interval): {listed}.",
                listed="; ".join(listed),
            ),
        ]
    if said and measured.verdict == "not_used":
        said.append(
            words.say(
                "The plan does not use this, as client.yml has it (offers.use_measured): it takes what the"
                " catalogue assumes."
            )
        )
    return [*said, *_assumed_lives(findings, words)]


def _measured_life(k: int, findings: Findings, words: Words) -> str:
    name = f"second_life_{k}"
    kind, channel = str(findings[name].value).split(" ", 1)
    share = findings[f"{name}_share"]
    return words.say(
        "{kind} by {channel} {share} of the usual ({interval}; {campaigns})",
        kind=kind_names(words).get(kind, kind),
        channel=channel_names(words).get(channel, channel),
        share=words.percent(share.value),
        interval=words.between(words.percent(share.low or 0), words.percent(share.high or 0)),
        campaigns=findings[name].verdict,
    )


def _assumed_lives(findings: Findings, words: Words) -> list[str]:
    guessed, measured = findings["second_lives_assumed"], findings["second_lives_measured"]
    if not guessed.value:
        return []
    low, high = words.percent(guessed.low or 0), words.percent(guessed.high or 0)
    reach = (
        words.say("{share} of the usual", share=low)
        if low == high
        else words.say("{between} of the usual, by offer", between=words.between(low, high))
    )
    if not measured.value:
        return [
            words.say(
                "What a second life begun under an offer is worth has not been measured; it is assumed:"
                " {reach}.",
                reach=reach,
            )
        ]
    return [
        words.say_many(
            "For one offer of the catalogue it is assumed, not measured: {reach}.",
            "For {n} offers of the catalogue it is assumed, not measured: {reach}.",
            int(guessed.value),
            reach=reach,
        )
    ]


def _cell(row: Mapping[Hashable, Any]) -> Cell:
    return row["kind"], row["channel"]
