"""Chapter 08: all campaigns of a client, measured: findings, tables and the picture of what lasts."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.measurement.findings import campaign_findings
from playbook.chapters.measurement.picture import lasting_picture
from playbook.chapters.measurement.words import campaign_sentences, outcome_names, verdict_names
from playbook.offers.catalogue import Offer
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Table
from playbook.show.figures import Picture
from playbook.show.words import Words
from playbook.stats.trials.data import incentives_of, read_trials
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.measure import Measured, measure
from playbook.stats.trials.over_time import second_lives


@dataclass(frozen=True)
class Measurements:
    """All campaigns in order of their first contact, each with its verdict."""

    campaigns: tuple[Measured, ...]

    def findings(self) -> list[Finding]:
        """Return every campaign's verdict and what it rests on."""
        found = [Finding("campaigns", len(self.campaigns), unit="campaigns")]
        for k, campaign in enumerate(self.campaigns, 1):
            found += campaign_findings(campaign, f"campaign_{k}")
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say of every campaign whether it worked, and whether that lasts."""
        return campaign_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return one line per campaign: its arms, its effect on the named outcome, its verdict."""
        say, names = words.say, verdict_names(words)
        rows = []
        for campaign in self.campaigns:
            trial, main = campaign.trial, campaign.main
            back = campaign.whole.effects.get("return")
            rows.append(
                (
                    trial.campaign,
                    trial.people["start"].min(),
                    int(trial.treated.sum()),
                    int((~trial.treated).sum()),
                    back.treated if back else None,
                    back.control if back else None,
                    _with_interval(main, words),
                    names[campaign.judgement.verdict],
                )
            )
        headings = {
            "campaign": say("campaign"),
            "start": say("first contact"),
            "treated": say("contacted"),
            "control": say("held back"),
            "back": say("of them came back"),
            "unaided": say("of the held back"),
            "effect": say("difference per customer"),
            "verdict": say("verdict"),
        }
        formats = {"start": "date", "treated": "number", "control": "number"}
        formats |= {"back": "percent", "unaided": "percent"}
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("Campaigns against their control groups, at the declared horizon"),
            words,
            formats,
            headings,
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

    def outcome_table(self, words: Words) -> Table:
        """Return every outcome at the horizon, per assigned customer, by three ways to an interval."""
        say, names = words.say, outcome_names(words)
        rows = [
            (
                campaign.trial.campaign,
                names[effect.outcome],
                _plain(effect.treated, effect.unit, words),
                _plain(effect.control, effect.unit, words),
                _with_interval(effect, words),
                _range(effect.adjusted_low, effect.adjusted_high, effect.unit, words),
                _range(effect.bootstrap_low, effect.bootstrap_high, effect.unit, words),
            )
            for campaign in self.campaigns
            for effect in campaign.whole.effects.values()
            if effect.has_interval
        ]
        headings = {
            "campaign": say("campaign"),
            "outcome": say("outcome"),
            "treated": say("contacted"),
            "control": say("held back"),
            "value": say("difference"),
            "adjusted": say("adjusted for what was before"),
            "bootstrap": say("by resampling"),
        }
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("Every outcome per assigned customer, at the declared horizon"),
            words,
            {},
            headings,
            say(
                "Only where enough came back. Visits and returns are of a hundred customers. {money} The"
                " verdict rests on the first interval.",
                money=_in_money(words),
            ),
        )

    def lasting_table(self, words: Words) -> Table:
        """Return what the first thirty days brought, what came later, and who was driven away."""
        say = words.say
        rows = []
        for campaign in self.campaigns:
            if not campaign.compared:
                continue
            quits, complaints = campaign.whole.harms
            rows.append(
                (
                    campaign.trial.campaign,
                    _with_interval(campaign.whole.early, words),
                    _with_interval(campaign.whole.late, words),
                    campaign.end if campaign.whole.late else None,
                    _with_interval(quits, words),
                    _with_interval(complaints, words),
                )
            )
        headings = {
            "campaign": say("campaign"),
            "early": say("margin, first 30 days"),
            "late": say("margin, from day 31"),
            "end": say("up to day"),
            "unsubscribe": say("unsubscribed, of a hundred"),
            "complaint": say("complained, of a hundred"),
        }
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("Early gain, later loss, and harm: differences per assigned customer"),
            words,
            {"end": "number"},
            headings,
            say(
                "Margin before costs. {money} Whoever buys more has more to complain about.",
                money=_in_money(words),
            ),
        )

    def reading_table(self, words: Words) -> Table:
        """Return the readings at other days than the declared one."""
        say = words.say
        rows = []
        for campaign in self.campaigns:
            for day, effects in campaign.readings.items():
                kind = say("interim") if day < campaign.settings.horizon_days else say("later")
                back, main = effects["return"], effects[campaign.named]
                rows.append(
                    (
                        campaign.trial.campaign,
                        day,
                        kind,
                        _with_interval(back, words),
                        _with_interval(main, words),
                    )
                )
        headings = {
            "campaign": say("campaign"),
            "day": say("after days"),
            "kind": say("reading"),
            "back": say("came back, of a hundred"),
            "main": say("named outcome"),
        }
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("Readings at other days: they never make a verdict"),
            words,
            {"day": "number"},
            headings,
            _in_money(words),
        )

    def arm_table(self, words: Words) -> Table:
        """Return the arms of campaigns with several offers or channels."""
        say, names = words.say, verdict_names(words)
        rows = []
        for campaign in self.campaigns:
            for kind, parts in ((say("offer"), campaign.arms), (say("channel"), campaign.channels)):
                for name, arm in parts.items():
                    main, back = arm.effects.get(campaign.named), arm.effects.get("return")
                    low, high = (main.corrected_low, main.corrected_high) if main else (None, None)
                    rows.append(
                        (
                            f"{campaign.trial.campaign}: {kind} {name}",
                            main.n_treated if main else None,
                            _with_interval(back, words),
                            _plain(main.value, main.unit, words) if main and main.has_interval else None,
                            _range(low, high, main.unit if main else "", words),
                            names[arm.judgement.verdict] if kind == say("offer") else None,
                        )
                    )
        headings = {
            "arm": say("arm"),
            "n": say("contacted"),
            "back": say("came back, of a hundred"),
            "value": say("named outcome"),
            "within": say("95% interval, corrected"),
            "verdict": say("verdict"),
        }
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("Arms of campaigns with several offers or channels"),
            words,
            {"n": "number"},
            headings,
            say(
                "Offers are corrected for how many there are (Holm). Offer and channel are compared with"
                " those held back who would have had the same, where the list says so. An offer whose"
                " customers were not like them before gets no verdict: chance did not deal it out."
            ),
        )

    def second_life_table(self, words: Words) -> Table:
        """Return what followed the comebacks of each arm."""
        say = words.say
        arms = {"treated": say("contacted"), "control": say("held back")}
        parts = [
            second_lives(c.trial, c.settings.horizon_days, c.end).assign(campaign=c.trial.campaign)
            for c in self.campaigns
            if c.compared
        ]
        headings = {
            "campaign": say("campaign"),
            "arm": say("group"),
            "returners": say("came back"),
            "again": say("ordered again"),
            "margin": say("margin each, since"),
        }
        frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(headings))
        frame["arm"] = frame["arm"].map(arms)
        return Table(
            frame[list(headings)],
            say("Second lives of those who came back"),
            words,
            {"returners": "number", "again": "percent", "margin": "money_exact"},
            headings,
            say(
                "A description, no effect: who comes back is itself changed by the campaign, so that these"
                " are different people in the two groups."
            ),
        )

    def check_table(self, words: Words) -> Table:
        """Return whether each test was sound: arms alike, nobody in both, nobody lost."""
        say = words.say
        rows = [
            (
                c.trial.campaign,
                c.ratio,
                c.balance,
                c.trial.counts["contaminated"],
                int(c.trial.people["elsewhere"].sum()),
                c.trial.lost[0],
                c.trial.lost[1],
                c.trial.followed,
            )
            for c in self.campaigns
        ]
        headings = {
            "campaign": say("campaign"),
            "ratio": say("p of the groups' sizes"),
            "balance": say("p of their likeness before"),
            "contaminated": say("held back, but contacted"),
            "elsewhere": say("in another campaign"),
            "lost_treated": say("lost, contacted"),
            "lost_control": say("lost, held back"),
            "followed": say("days followed"),
        }
        formats = {"ratio": "decimal", "balance": "decimal"}
        formats |= dict.fromkeys(list(headings)[3:], "number")
        return Table(
            pd.DataFrame(rows, columns=list(headings)),
            say("What speaks for or against the tests"),
            words,
            formats,
            headings,
            say(
                "A p below 0.001 says that chance did not draw these groups; sizes are checked where"
                " client.yml declares control_share."
            ),
        )

    def figure(self, words: Words) -> Picture:
        """Draw the cumulative difference with its band, and the share active by arm, by campaign."""
        return lasting_picture(self.campaigns, words)


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


def _in_money(words: Words) -> str:
    return words.say("Money is in {currency}.", currency=words.currency)


def _plain(value: float, unit: str, words: Words) -> str:
    """Return a value for a table: money without its currency, shares of a hundred."""
    return words.number(100 * value, 1) if unit == "share" else words.number(value, 2)


def _range(low: float | None, high: float | None, unit: str, words: Words) -> str | None:
    if low is None or high is None:
        return None
    return words.between(_plain(low, unit, words), _plain(high, unit, words))


def _with_interval(effect: Effect | None, words: Words) -> str | None:
    """Return an effect with its interval; nothing where too few came back for one."""
    if effect is None or not effect.has_interval:
        return None
    within = _range(effect.low, effect.high, effect.unit, words)
    return f"{_plain(effect.value, effect.unit, words)} ({within})"
