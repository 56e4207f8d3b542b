"""The answers that campaigns are usually judged by, beside the one that a control group gives."""

import pandas as pd

from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.measure import Measured


def naive_answers(campaigns: tuple[Measured, ...], words: Words) -> Table:
    """Return what the contacted brought before and after, responders and the others, and the effect.

    For a campaign without a control group it is all there is, and a description only.
    """
    say, rows = words.say, []
    for campaign in campaigns:
        trial, days = campaign.trial, campaign.settings.horizon_days
        if not trial.treated.any() or days > trial.followed:
            continue
        before, after = (trial.total("margin", *span)[trial.treated] for span in ((-days, -1), (0, days)))
        back, spent = trial.returned(days)[trial.treated] > 0, trial.spent(days)[trial.treated]
        effect = campaign.whole.effects.get("net") or campaign.whole.effects.get("margin")
        rows.append(
            (
                trial.campaign,
                before.mean(),
                after.mean(),
                (after - spent)[back].mean() if back.any() else None,
                (after - spent)[~back].mean() if (~back).any() else None,
                float((after - spent).mean()),
                with_interval(effect, words) if trial.has_control else None,
            )
        )
    headings = {
        "campaign": say("campaign"),
        "before": say("margin before"),
        "after": say("margin after"),
        "responders": say("those who ordered, net"),
        "others": say("those who did not, net"),
        "claimed": say("“brought in”, net"),
        "effect": say("against those held back"),
    }
    formats = dict.fromkeys(("before", "after", "responders", "others", "claimed"), "decimal")
    return Table(
        pd.DataFrame(rows, columns=list(headings)),
        say("The usual answers, per contacted customer, and the true one"),
        words,
        formats,
        headings,
        say(
            "Before and after are as many days each; money is in {currency}. Only the last column says what"
            " the campaign did, with its 95% interval; where nobody was held back it is empty, and where too"
            " few came back it cannot be told, however exact the other columns look. They describe, and prove"
            " nothing.",
            currency=words.currency,
        ),
    )


def with_interval(effect: Effect | None, words: Words) -> str:
    """Return an effect with its interval; that it cannot be told where it has none."""
    if effect is None or effect.low is None or effect.high is None:
        return words.say("cannot be told")
    return words.say(
        "{value} ({low} to {high})",
        value=words.number(effect.value, 2),
        low=words.number(effect.low, 2),
        high=words.number(effect.high, 2),
    )


def naive_sentences(campaigns: tuple[Measured, ...], words: Words) -> list[str]:
    """Say for campaigns without a control group what happened, as a description."""
    said = []
    for campaign in campaigns:
        trial, days = campaign.trial, campaign.settings.horizon_days
        if campaign.judgement.reason != "no_control" or days > trial.followed:
            continue
        back = int(trial.returned(days)[trial.treated].sum())
        said.append(
            words.say_many(
                "“{name}” had no control group. Of its one customer, {back} ordered within {days} days;"
                " whether that would have come anyway, nobody knows. Next time leave a random tenth alone:"
                " the list of the next campaign below does that.",
                "“{name}” had no control group. {back} of its {n} customers ordered within {days} days; how"
                " many of them would have anyway, nobody knows. Next time leave a random tenth alone: the"
                " list of the next campaign below does that.",
                int(trial.treated.sum()),
                name=trial.campaign,
                back=words.number(back),
                days=words.number(days),
            )
        )
    return said
