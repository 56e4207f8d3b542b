"""The offers as they stand: the catalogue, with what was measured in place of what is assumed."""

from dataclasses import dataclass

import pandas as pd

from playbook import catalogue, earlier_campaigns, earlier_runs, loop
from playbook.catalogue import Offer
from playbook.chapter import Chapter
from playbook.display import Table
from playbook.measured_response import (
    assumed,
    assumed_shares,
    informed,
    measured_responses,
    measured_second_lives,
)
from playbook.offer_words import channel_names, kind_names
from playbook.settings import client_folder
from playbook.wording import Words


@dataclass(frozen=True)
class KnownOffers:
    """The client's offers, and what was measured of them.

    Attributes
    ----------
    stated : tuple of Offer
        As the catalogue has them.
    responses, second_lives : DataFrame
        As `measured_responses` and `measured_second_lives` return them.
    offers : tuple of Offer
        The same offers with what was measured.
    """

    stated: tuple[Offer, ...]
    responses: pd.DataFrame
    second_lives: pd.DataFrame
    offers: tuple[Offer, ...]

    def table(self, words: Words) -> Table:
        """Return what was measured by kind and channel, beside what the catalogue assumes."""
        say, stated = words.say, assumed(self.stated)
        lives = {(row["kind"], row["channel"]): row for row in self.second_lives.to_dict("records")}
        pooled = self.responses[self.responses["offer"].isna()].to_dict("records")
        rows = [
            (
                kind_names(words)[row["kind"]],
                channel_names(words).get(row["channel"], row["channel"]),
                row["campaigns"],
                row["n_treated"],
                row["n_control"],
                _points(row["raw_points"], words),
                _points(stated[cell].points, words) if cell in stated else None,
                _points(row["lift_points"], words),
                words.between(_points(row["low"], words), _points(row["high"], words)),
                lives[cell]["share"] if cell in lives else None,
            )
            for row in pooled
            for cell in [(row["kind"], row["channel"])]
        ]
        headings = {
            "kind": say("kindness"),
            "channel": say("channel"),
            "campaigns": say("campaigns"),
            "treated": say("contacted"),
            "control": say("left alone"),
            "raw": say("points measured"),
            "assumed": say("assumed"),
            "used": say("used"),
            "interval": say("90% interval"),
            "share": say("a second life is worth"),
        }
        formats = {"treated": "number", "control": "number", "share": "percent"}
        note = say(
            "Points: so many more of a hundred returned than of those left alone. What is used lies between"
            " what was measured and what was assumed, the nearer to the measurement the more customers it"
            " had."
        )
        caption = say("What earlier campaigns with a control group have shown")
        return Table(pd.DataFrame(rows, columns=list(headings)), caption, words, formats, headings, note)


def known_offers(run: Chapter) -> KnownOffers:
    """Read the catalogue, and measure what the client's earlier campaigns allow.

    Raises
    ------
    SettingsError
        Where the catalogue cannot be.
    """
    stated = catalogue.load(run.settings, client_folder(run.client, run.data))
    earlier = earlier_campaigns.assigned(run.history, run.sources)
    earlier = loop.with_remembered(earlier, earlier_runs.home_of(run.folder), run.history)
    return learn(stated, earlier, run.settings.offers.use_measured)


def learn(stated: tuple[Offer, ...], earlier: pd.DataFrame, use: bool = True) -> KnownOffers:
    """Measure responses and second lives, and put them in place of assumptions where they are to be used.

    Parameters
    ----------
    earlier : DataFrame
        As `earlier_campaigns.assigned` returns it.
    """
    responses = measured_responses(earlier, assumed(stated))
    second_lives = measured_second_lives(earlier, assumed_shares(stated))
    offers = informed(stated, responses, second_lives) if use else stated
    return KnownOffers(stated, responses, second_lives, offers)


def _points(share: float, words: Words) -> str:
    return words.number(100 * share, 1)
