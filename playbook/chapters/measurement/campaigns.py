"""Chapter 08: all campaigns of a client, measured: findings, tables and the picture of what lasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.measurement.picture import lasting_pictures, verdict_picture
from playbook.chapters.measurement.words import (
    campaign_sentences,
    limits,
    number_of,
    outcome_names,
    verdict_names,
    with_interval,
)
from playbook.offers.catalogue import Offer
from playbook.offers.names import channel_names
from playbook.records.arrays import Flags
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Column, Table, table_of
from playbook.show.figures import Picture, Pictures
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.data import CampaignTrial, incentives_of, read_trials
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.measure import SHARES, Compared, Measured, measure
from playbook.stats.trials.over_time import second_lives


@dataclass(frozen=True)
class Measurements(Result):
    """All campaigns in order of their first contact, each with its verdict."""

    campaigns: tuple[Measured, ...]

    def findings(self) -> list[Finding]:
        """Return every campaign's verdict and what it rests on."""
        found = [Finding("campaigns", len(self.campaigns), unit="campaigns")]
        for k, campaign in enumerate(self.campaigns, 1):
            found += _findings(campaign, f"campaign_{k}")
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say of every campaign whether it worked, and whether that lasts."""
        return campaign_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return one line per campaign: its arms, its effect on the named outcome, its verdict."""
        say, names = words.say, verdict_names(words)
        return table_of(
            self.campaigns,
            {
                say("campaign"): lambda c: c.trial.campaign,
                (say("first contact"), "date"): lambda c: c.trial.people["start"].min(),
                (say("contacted"), "number"): lambda c: int(c.trial.treated.sum()),
                (say("held back"), "number"): lambda c: int((~c.trial.treated).sum()),
                (say("of them came back"), "percent"): lambda c: c.back and c.back.treated,
                (say("of the held back"), "percent"): lambda c: c.back and c.back.control,
                say("difference per customer"): lambda c: with_interval(c.main, words),
                say("verdict"): lambda c: names[c.judgement.verdict],
            },
            say("Campaigns against their control groups, at the declared horizon"),
            words,
            self._note(words),
        )

    def _note(self, words: Words) -> str:
        names = outcome_names(words)
        used = sorted({(c.settings.horizon_days, names[c.named]) for c in self.campaigns})
        said = "; ".join(words.say("{what} after {days} days", what=what, days=days) for days, what in used)
        return words.say(
            "The difference is of: {said}. Everybody counts in the group that chance put them in, contacted"
            " or not. In brackets the 95% interval; none where too few came back. {money}",
            said=said,
            money=_in_money(words),
        )

    def interim_table(self, words: Words) -> Table | None:
        """Return what those have done so far whose campaign has not reached its horizon; None without one."""
        say, names = words.say, {True: words.say("contacted"), False: words.say("held back")}
        rows = [
            (
                c.trial.campaign,
                c.trial.followed,
                _ready(c).date(),
                names[contacted],
                *_so_far(c.trial, c.trial.treated == contacted),
            )
            for c in self.campaigns
            for contacted in names
            if c.trial.size and c.trial.followed < c.settings.horizon_days
        ]
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "day": (say("as of day"), "number"),
            "ready": (say("verdict on"), "date"),
            "group": say("group"),
            "n": (say("customers"), "number"),
            "back": (say("returned so far"), "number"),
            "share": (say("of them"), "percent"),
            "orders": (say("orders"), "number"),
            "revenue": (say("revenue"), "money"),
            "cost": (say("cost"), "money"),
        }
        note = say("Interim figures are no verdict: what will last of a difference is not known yet.")
        return _table(rows, say("Campaigns under way, so far"), words, columns, note) if rows else None

    def outcome_table(self, words: Words) -> Table:
        """Return every outcome at the horizon, per assigned customer, by three ways to an interval."""
        say, names = words.say, outcome_names(words)
        rows = [
            (
                campaign.trial.campaign,
                names[effect.outcome],
                number_of(effect.treated, effect.unit, words),
                number_of(effect.control, effect.unit, words),
                with_interval(effect, words),
                limits(effect.adjusted_low, effect.adjusted_high, effect.unit, words),
                limits(effect.bootstrap_low, effect.bootstrap_high, effect.unit, words),
            )
            for campaign in self.campaigns
            for effect in campaign.whole.effects.values()
            if effect.has_interval
        ]
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "outcome": say("outcome"),
            "treated": say("contacted"),
            "control": say("held back"),
            "value": say("difference"),
            "adjusted": say("adjusted for what was before"),
            "bootstrap": say("by resampling"),
        }
        caption = say("Every outcome per assigned customer, at the declared horizon")
        note = say(
            "Only where enough came back. Visits and returns are of a hundred customers. {money} The"
            " verdict rests on the first interval.",
            money=_in_money(words),
        )
        return _table(rows, caption, words, columns, note)

    def lasting_table(self, words: Words) -> Table:
        """Return what the first thirty days brought, what came later, and who was driven away."""
        say = words.say
        return table_of(
            [campaign for campaign in self.campaigns if campaign.compared],
            {
                say("campaign"): lambda c: c.trial.campaign,
                say("margin, first 30 days"): lambda c: with_interval(c.whole.early, words),
                say("margin, from day 31"): lambda c: with_interval(c.whole.late, words),
                (say("up to day"), "number"): lambda c: c.end if c.whole.late else None,
                say("unsubscribed, of a hundred"): lambda c: with_interval(c.whole.harms[0], words),
                say("complained, of a hundred"): lambda c: with_interval(c.whole.harms[1], words),
            },
            say("Early gain, later loss, and harm: differences per assigned customer"),
            words,
            say(
                "Margin before costs. {money} Whoever buys more has more to complain about.",
                money=_in_money(words),
            ),
        )

    def reading_table(self, words: Words) -> Table:
        """Return the readings at other days than the declared one."""
        say = words.say
        rows = [
            (
                campaign.trial.campaign,
                day,
                say("interim") if day < campaign.settings.horizon_days else say("later"),
                with_interval(effects["return"], words),
                with_interval(effects[campaign.named], words),
            )
            for campaign in self.campaigns
            for day, effects in campaign.readings.items()
        ]
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "day": (say("after days"), "number"),
            "kind": say("reading"),
            "back": say("came back, of a hundred"),
            "main": say("named outcome"),
        }
        caption = say("Readings at other days: they never make a verdict")
        return _table(rows, caption, words, columns, _in_money(words))

    def arm_table(self, words: Words) -> Table:
        """Return the arms of campaigns with several offers or channels."""
        say, names, by = words.say, verdict_names(words), channel_names(words)
        rows = []
        for campaign in self.campaigns:
            name = campaign.trial.campaign
            rows += [
                (
                    f"{name}: {say('offer')} {offer}",
                    *_arm(arm, campaign.named, words),
                    names[arm.judgement.verdict],
                )
                for offer, arm in campaign.arms.items()
            ]
            rows += [
                (
                    f"{name}: {say('channel')} {by.get(channel, channel)}",
                    *_arm(arm, campaign.named, words),
                    None,
                )
                for channel, arm in campaign.channels.items()
            ]
        columns: dict[str, Column] = {
            "arm": say("arm"),
            "n": (say("contacted"), "number"),
            "back": say("came back, of a hundred"),
            "value": say("named outcome"),
            "within": say("95% interval, corrected"),
            "verdict": say("verdict"),
        }
        caption = say("Arms of campaigns with several offers or channels")
        note = say(
            "Offers are corrected for how many there are (Holm). Offer and channel are compared with"
            " those held back who would have had the same, where the list says so. An offer whose"
            " customers were not like them before gets no verdict: chance did not deal it out."
        )
        return _table(rows, caption, words, columns, note)

    def second_life_table(self, words: Words) -> Table:
        """Return what followed the comebacks of each arm."""
        say = words.say
        arms = {"treated": say("contacted"), "control": say("held back")}
        parts = [
            second_lives(c.trial, c.settings.horizon_days, c.end).assign(campaign=c.trial.campaign)
            for c in self.campaigns
            if c.compared
        ]
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "arm": say("group"),
            "returners": (say("came back"), "number"),
            "again": (say("ordered again"), "percent"),
            "margin": (say("margin each, since"), "money_exact"),
        }
        frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
        frame["arm"] = frame["arm"].map(arms)
        caption = say("Second lives of those who came back")
        note = say(
            "A description, no effect: who comes back is itself changed by the campaign, so that these"
            " are different people in the two groups."
        )
        return Table(frame, caption, words, columns=columns, note=note)

    def check_table(self, words: Words) -> Table:
        """Return whether each test was sound: arms alike, nobody in both, nobody lost."""
        say = words.say
        return table_of(
            self.campaigns,
            {
                say("campaign"): lambda c: c.trial.campaign,
                (say("p of the groups' sizes"), "decimal"): lambda c: c.ratio,
                (say("p of their likeness before"), "decimal"): lambda c: c.balance,
                (say("held back, but contacted"), "number"): lambda c: c.trial.counts["contaminated"],
                (say("in another campaign"), "number"): lambda c: int(c.trial.people["elsewhere"].sum()),
                (say("lost, contacted"), "number"): lambda c: c.trial.lost[0],
                (say("lost, held back"), "number"): lambda c: c.trial.lost[1],
                (say("days followed"), "number"): lambda c: c.trial.followed,
            },
            say("What speaks for or against the tests"),
            words,
            say(
                "A p below 0.001 says that chance did not draw these groups; sizes are checked where"
                " client.yml declares control_share."
            ),
        )

    def verdicts(self, words: Words) -> Picture | None:
        """Draw what each campaign brought per customer, with its verdict."""
        return verdict_picture(self.campaigns, words)

    def figure(self, words: Words) -> Pictures | None:
        """Draw the cumulative difference with its band, and the share active by arm, by campaign."""
        return lasting_pictures(self.campaigns, words)


def measure_all(
    history: History, sources: Sources, customers: pd.DataFrame, offers: Sequence[Offer]
) -> Measurements:
    """Measure all campaigns in ``contacts``.

    Parameters
    ----------
    customers : DataFrame
        Everybody the client knows: customer_id.
    offers : sequence of Offer
        The catalogue: what it pays to whoever returns counts for campaigns with an offer of that name.
    """
    settings = history.settings
    trials = read_trials(history, sources, customers, incentives_of(settings, offers))
    return Measurements(tuple(measure(trial, settings.measurement, settings.seed) for trial in trials))


def _findings(measured: Measured, name: str) -> list[Finding]:
    """Return one campaign's findings, all named after its place."""
    trial, settings, whole = measured.trial, measured.settings, measured.whole
    ready = _ready(measured) if trial.size else None
    unit = "share" if measured.named in SHARES else "money"
    found = [
        Finding(name, trial.campaign, n=trial.size, verdict=measured.judgement.verdict),
        Finding(f"{name}_reason", measured.judgement.reason or ""),
        Finding(f"{name}_horizon", settings.horizon_days, unit="days", n=trial.followed),
        Finding(f"{name}_ready", ready.date().isoformat() if ready is not None else "", unit="date"),
        Finding(f"{name}_contacted", int(trial.treated.sum()), unit="customers"),
        Finding(f"{name}_held_back", int((~trial.treated).sum()), unit="customers"),
        Finding(f"{name}_worthwhile", measured.worthwhile, unit=unit),
        Finding(f"{name}_tolerance", settings.unsubscribe_tolerance, unit="share"),
        Finding(f"{name}_least_buyers", settings.least_buyers, unit="customers"),
        Finding(f"{name}_one_start", int(trial.one_start), unit="yes_no"),
        Finding(f"{name}_elsewhere", int(trial.people["elsewhere"].sum()), unit="customers"),
        Finding(f"{name}_lost", sum(trial.lost), unit="customers"),
        *(Finding(f"{name}_{kind}", n, unit="customers") for kind, n in trial.counts.items()),
    ]
    main = measured.main
    if main is not None:
        found.append(_effect_finding(f"{name}_effect", main, measured.named, corrected=True))
        found.append(Finding(f"{name}_buyers", round(main.buyers), unit="customers"))
    found += [_effect_finding(f"{name}_{kind}", effect) for kind, effect in whole.effects.items()]
    pieces = {"early": whole.early, "late": whole.late}
    found += [_effect_finding(f"{name}_{kind}", effect) for kind, effect in pieces.items() if effect]
    found += [_effect_finding(f"{name}_{effect.outcome}", effect) for effect in whole.harms]
    found += _price_findings(measured, name)
    for day, effects in measured.readings.items():
        found.append(_effect_finding(f"{name}_effect_{day}", effects[measured.named], measured.named))
    later = [day for day in measured.readings if day > settings.horizon_days]
    if later:
        found.append(_effect_finding(f"{name}_last_reading", measured.readings[later[-1]][measured.named]))
    for j, (arm, compared) in enumerate(measured.arms.items(), 1):
        found.append(Finding(f"{name}_arm_{j}", arm, verdict=compared.judgement.verdict))
        effect = compared.effects.get(measured.named)
        empty = Finding(f"{name}_arm_{j}_effect", None, unit=unit)
        found.append(_effect_finding(empty.name, effect, measured.named, corrected=True) if effect else empty)
    return found


def _ready(measured: Measured) -> pd.Timestamp:
    """Return the day on which the verdict is read."""
    last: pd.Timestamp = measured.trial.people["start"].max()
    return last + timedelta(days=measured.settings.horizon_days)


def _so_far(trial: CampaignTrial, group: Flags) -> tuple[object, ...]:
    """Return how many a group holds and how many returned, their share, orders, revenue and cost so far.

    The cost is that of contacts and incentives; None where it is not known.
    """
    n, day = int(group.sum()), trial.followed
    back = int(trial.returned(day)[group].sum())
    orders, revenue = (float(trial.total(name, 0, day)[group].sum()) for name in ("ordered", "revenue"))
    cost = None if trial.costs == "missing" else float(trial.spent(day)[group].sum())
    return n, back, back / n if n else None, int(orders), revenue, cost


def _price_findings(measured: Measured, name: str) -> list[Finding]:
    """Return what was spent, and what it bought; without value where that is undefined."""
    whole = measured.whole
    found = [Finding(f"{name}_spend", whole.extra_spend if measured.compared else None, unit="money")]
    prices = {"cost_per_additional": whole.cost_per_additional, "return_on_spend": whole.return_on_spend}
    for kind, price in prices.items():
        value, low, high = price or (None, None, None)
        unit = "money" if kind == "cost_per_additional" else "ratio"
        found.append(Finding(f"{name}_{kind}", value, low, high, unit))
    return found


def _effect_finding(
    name: str, effect: Effect, verdict: str | None = None, corrected: bool = False
) -> Finding:
    low, high = (effect.corrected_low, effect.corrected_high) if corrected else (effect.low, effect.high)
    return Finding(name, effect.value, low, high, effect.unit, effect.days, verdict)


def _in_money(words: Words) -> str:
    return words.say("Money is in {currency}.", currency=words.currency)


def _table(
    rows: Sequence[tuple[object, ...]], caption: str, words: Words, columns: dict[str, Column], note: str
) -> Table:
    return Table(pd.DataFrame(rows, columns=list(columns)), caption, words, columns=columns, note=note)


def _arm(arm: Compared, named: str, words: Words) -> tuple[object, ...]:
    """Return what the table says of an arm: contacted, returns, the named outcome and its interval."""
    main, back = arm.effects.get(named), with_interval(arm.effects.get("return"), words)
    if main is None:
        return None, back, None, None
    value = number_of(main.value, main.unit, words) if main.has_interval else None
    return main.n_treated, back, value, limits(main.corrected_low, main.corrected_high, main.unit, words)
