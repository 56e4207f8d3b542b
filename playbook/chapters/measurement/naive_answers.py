"""The answers that campaigns are usually judged by, beside the one that a control group gives."""

from dataclasses import dataclass

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.measurement.words import with_interval
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.measure import Measured


@dataclass(frozen=True)
class NaiveAnswers(Result):
    """What campaigns seem to have brought; without a control group a description only."""

    campaigns: tuple[Measured, ...]

    def findings(self) -> list[Finding]:
        """Return nothing: these answers prove nothing, so that no program is to read them."""
        return []

    def sentences(self, words: Words) -> list[str]:
        """Say for campaigns without a control group what happened, as a description."""
        said = []
        for campaign in self.campaigns:
            trial, days = campaign.trial, campaign.settings.horizon_days
            if campaign.judgement.reason != "no_control" or days > trial.followed:
                continue
            back = int(trial.returned(days)[trial.treated].sum())
            said.append(
                words.say_many(
                    "“{name}” had no control group. Of its one customer, {back} ordered within {days} days;"
                    " whether that would have come anyway, nobody knows. Next time leave a random tenth"
                    " alone: the list of the next campaign below does that.",
                    "“{name}” had no control group. {back} of its {n} customers ordered within {days} days;"
                    " how many of them would have anyway, nobody knows. Next time leave a random tenth"
                    " alone: the list of the next campaign below does that.",
                    int(trial.treated.sum()),
                    name=trial.campaign,
                    back=words.number(back),
                    days=words.number(days),
                )
            )
        return said

    def table(self, words: Words) -> Table:
        """Return what the contacted brought before and after, responders and the others, and the effect."""
        say = words.say
        rows = [
            _row(campaign, words)
            for campaign in self.campaigns
            if campaign.trial.treated.any() and campaign.settings.horizon_days <= campaign.trial.followed
        ]
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "before": (say("margin before"), "decimal"),
            "after": (say("margin after"), "decimal"),
            "responders": (say("those who ordered, net"), "decimal"),
            "others": (say("those who did not, net"), "decimal"),
            "claimed": (say("“brought in”, net"), "decimal"),
            "effect": say("against those held back"),
        }
        caption = say("The usual answers, per contacted customer, and the true one")
        note = say(
            "Before and after are as many days each; money is in {currency}. Only the last column says what"
            " the campaign did, with its 95% interval; where nobody was held back it is empty, and where too"
            " few came back it cannot be told, however exact the other columns look. They describe, and prove"
            " nothing.",
            currency=words.currency,
        )
        return Table(pd.DataFrame(rows, columns=list(columns)), caption, words, columns=columns, note=note)


def _row(campaign: Measured, words: Words) -> tuple[object, ...]:
    """Return the usual answers for one campaign's contacted, and the effect against those held back."""
    trial, days, effects = campaign.trial, campaign.settings.horizon_days, campaign.whole.effects
    before, after = (trial.total("margin", *span)[trial.treated] for span in ((-days, -1), (0, days)))
    back, net = trial.returned(days)[trial.treated] > 0, after - trial.spent(days)[trial.treated]
    effect = with_interval(effects.get("net") or effects.get("margin"), words)
    return (
        trial.campaign,
        before.mean(),
        after.mean(),
        net[back].mean() if back.any() else None,
        net[~back].mean() if (~back).any() else None,
        net.mean(),
        (effect or words.say("cannot be told")) if trial.has_control else None,
    )
