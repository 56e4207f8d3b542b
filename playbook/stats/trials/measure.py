"""Did it work, and does it last? One campaign's measurement, by intention to treat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from playbook.records.arrays import Array, Flags
from playbook.settings.measurement import Measurement
from playbook.stats.trials.data import CampaignTrial
from playbook.stats.trials.effects import (
    Effect,
    adjust,
    bootstrap,
    correct,
    harm,
    known_before,
    outcome,
    welch,
    with_bootstrap,
)
from playbook.stats.trials.verdicts import (
    FIRST_DAYS,
    SRM,
    Evidence,
    Judgement,
    arms_alike,
    cannot_be_told,
    judge,
    sample_ratio,
)

END = 365
"""Days after the contact up to which it is asked whether a gain lasts."""
LEAST_LATE = 30
"""Days after the first thirty without which nothing is said of what came later."""
HARMS = ("unsubscribe", "complaint")
SHARES = ("return", "visit")

Effects = dict[str, Effect]


@dataclass(frozen=True)
class Compared:
    """An arm, or all of the contacted, against the control group.

    Attributes
    ----------
    judgement : Judgement
    effects : dict
        Outcome to its effect at the declared horizon; empty where that is not reached.
    early, late : Effect or None
        Margin before costs of the first 30 days, and from day 31 to the end.
    harms : tuple of Effect
        Unsubscriptions and complaints, from the contact to the end of what is followed.
    spend, spend_control : float
        Contacts and incentives per assigned customer, up to the horizon.
    """

    judgement: Judgement
    effects: Effects = field(default_factory=dict)
    early: Effect | None = None
    late: Effect | None = None
    harms: tuple[Effect, ...] = ()
    spend: float = 0.0
    spend_control: float = 0.0

    @property
    def extra_spend(self) -> float:
        """What was spent per assigned customer more than on the control group."""
        return self.spend - self.spend_control

    @property
    def cost_per_additional(self) -> tuple[float, float, float] | None:
        """Spend per additional customer back, with its interval; None where that could be nobody."""
        back = self.effects.get("return")
        if back is None or back.low is None or back.high is None or back.low <= 0 or self.extra_spend <= 0:
            return None
        return tuple(self.extra_spend / share for share in (back.value, back.high, back.low))  # type: ignore[return-value]

    @property
    def return_on_spend(self) -> tuple[float, float, float] | None:
        """Additional margin per unit of money spent, with its interval."""
        margin = self.effects.get("margin")
        if margin is None or margin.low is None or margin.high is None or self.extra_spend <= 0:
            return None
        return tuple(value / self.extra_spend for value in (margin.value, margin.low, margin.high))  # type: ignore[return-value]


@dataclass(frozen=True)
class Measured:
    """One campaign, judged.

    Attributes
    ----------
    trial : CampaignTrial
    settings : Measurement
    named : str
        The outcome that the verdict is about: net, margin (where costs are missing), revenue,
        return or visit.
    whole : Compared
        All who were to be contacted against the control group.
    ratio, balance : float or None
        p of the control group's size under the declared share, and of the arms' likeness before.
    arms, channels : dict
        The same by offer, corrected for how many there are, and by channel; empty where there is one.
    readings : dict
        Days to effects, for the interim readings that the data reach.
    """

    trial: CampaignTrial
    settings: Measurement
    named: str
    whole: Compared
    ratio: float | None
    balance: float | None
    arms: Mapping[str, Compared] = field(default_factory=dict)
    channels: Mapping[str, Compared] = field(default_factory=dict)
    readings: Mapping[int, Effects] = field(default_factory=dict)

    @property
    def judgement(self) -> Judgement:
        """The campaign's verdict."""
        return self.whole.judgement

    @property
    def compared(self) -> bool:
        """Whether contacted and held back can be compared at all."""
        return bool(self.readings) or bool(self.whole.effects)

    @property
    def main(self) -> Effect | None:
        """The named outcome's effect at the horizon."""
        return self.whole.effects.get(self.named)

    @property
    def back(self) -> Effect | None:
        """The effect on returns at the horizon."""
        return self.whole.effects.get("return")

    @property
    def worthwhile(self) -> float:
        """The smallest effect worth having, in the named outcome's unit."""
        return _worthwhile(self.named, self.settings)

    @property
    def end(self) -> int:
        """Last day after the contact of "what came later"."""
        return min(END, self.trial.followed)


def _worthwhile(named: str, settings: Measurement) -> float:
    return settings.smallest_worthwhile_share if named in SHARES else settings.smallest_worthwhile


@dataclass(frozen=True)
class Comparison:
    """How the contacted and the held back of one campaign are compared, among all or some of them.

    Attributes
    ----------
    trial : CampaignTrial
    settings : Measurement
    seed : int
        Of the bootstrap.
    named : str
        The outcome that the verdict is about.
    before : array or None
        What was known before the contact; see `known_before`.
    """

    trial: CampaignTrial
    settings: Measurement
    seed: int
    named: str
    before: Array | None

    @property
    def outcomes(self) -> list[str]:
        """The outcomes that are shown: those that the client's data hold."""
        shown = ["visit"] if self.trial.knows_visits else []
        shown += ["return", "orders", "revenue", "margin"]
        return shown + (["net"] if self.trial.costs != "missing" else [])

    def among(self, part: Flags) -> Compared:
        """Compare the contacted and the held back among some customers; not yet judged."""
        trial, horizon, end = self.trial, self.settings.horizon_days, min(END, self.trial.followed)
        early = self._margin(part, 0, FIRST_DAYS) if trial.followed >= FIRST_DAYS else None
        late = self._margin(part, FIRST_DAYS + 1, end) if end >= FIRST_DAYS + LEAST_LATE else None
        treated, spent = trial.treated[part], trial.spent(min(horizon, max(trial.followed, 0)))[part]
        return Compared(
            judgement=Judgement("cannot_be_told"),
            effects=self._at_horizon(part) if horizon <= trial.followed else {},
            early=early,
            late=late,
            harms=tuple(harm(trial.happened(kind, end)[part], treated, kind, end) for kind in HARMS),
            spend=float(spent[treated].mean()) if treated.any() else 0.0,
            spend_control=float(spent[~treated].mean()) if not treated.all() else 0.0,
        )

    def effects(self, part: Flags, days: int, before: Array | None = None) -> Effects:
        """Return the effects on all outcomes up to a day; with ``before``, adjusted as well."""
        treated, bought = self.trial.treated[part], self.trial.returned(days)[part]
        effects: Effects = {}
        for name in self.outcomes:
            values = outcome(self.trial, name, days)[part]
            happened = values if name == "visit" else bought
            found = welch(values, treated, happened, name, days, self.settings.least_buyers)
            effects[name] = adjust(found, values, treated, None if before is None else before[part])
        return effects

    def judged(self, compared: Compared) -> Compared:
        """Give a verdict on what was compared."""
        held_back = max(int((~self.trial.treated).sum()), 1)
        evidence = Evidence(
            main=compared.effects.get(self.named),
            early=compared.early,
            late=compared.late,
            harms=[effect for effect in compared.harms if effect.outcome == "unsubscribe"],
            worthwhile=_worthwhile(self.named, self.settings),
            tolerance=self.settings.unsubscribe_tolerance,
            contaminated=self.trial.counts.get("contaminated", 0) / held_back,
        )
        return replace(compared, judgement=judge(evidence))

    def judged_arm(self, arm: Compared, part: Flags) -> Compared:
        """Judge an arm, where chance could have drawn its customers."""
        p = None if self.before is None else arms_alike(self.before[part], self.trial.treated[part])
        if p is not None and p < SRM:
            return replace(arm, judgement=Judgement("cannot_be_told", "arms_differ"))
        return self.judged(arm)

    def _at_horizon(self, part: Flags) -> Effects:
        """Return the effects on all outcomes at the declared horizon, with all their intervals."""
        horizon = self.settings.horizon_days
        effects = self.effects(part, horizon, self.before)
        if not self.settings.bootstrap_draws:
            return effects
        values = np.column_stack([outcome(self.trial, name, horizon)[part] for name in effects])
        drawn = bootstrap(values, self.trial.treated[part], self.settings.bootstrap_draws, self.seed)
        return {name: with_bootstrap(effects[name], drawn[:, k]) for k, name in enumerate(effects)}

    def _margin(self, part: Flags, first: int, last: int) -> Effect:
        """Return the effect on margin before costs over some days."""
        values = self.trial.total("margin", first, last)[part]
        ordered = self.trial.total("ordered", first, last)[part]
        return welch(values, self.trial.treated[part], ordered, "margin", last, self.settings.least_buyers)


def measure(trial: CampaignTrial, settings: Measurement, seed: int) -> Measured:
    """Judge one campaign."""
    named = _named(trial, settings)
    before = known_before(trial) if trial.has_control else None
    balance = arms_alike(before, trial.treated)
    treated, control = int(trial.treated.sum()) + trial.lost[0], int((~trial.treated).sum()) + trial.lost[1]
    ratio = sample_ratio(treated, control, settings.control_share)
    why = cannot_be_told(trial, settings, balance)
    nothing = Compared(Judgement("cannot_be_told", why))
    measured = Measured(trial, settings, named, nothing, ratio, balance)
    if why is not None:
        return measured
    comparison = Comparison(trial, settings, seed, named, before)
    everybody = np.ones(trial.size, dtype=bool)
    parts = _arm_parts(trial)
    arms = _corrected({name: comparison.among(part) for name, part in parts.items()})
    days = [day for day in settings.interim_days if day <= trial.followed and day != settings.horizon_days]
    return replace(
        measured,
        whole=comparison.judged(comparison.among(everybody)),
        arms={name: comparison.judged_arm(arm, parts[name]) for name, arm in arms.items()},
        channels={name: comparison.among(part) for name, part in _channel_parts(trial).items()},
        readings={day: comparison.effects(everybody, day) for day in days},
    )


def _named(trial: CampaignTrial, settings: Measurement) -> str:
    if settings.outcome != "margin":
        return settings.outcome
    return "margin" if trial.costs == "missing" else "net"


def _arm_parts(trial: CampaignTrial) -> dict[str, Flags]:
    """Return who is compared for each arm: those who would have got its offer, else all held back."""
    arm, offer = (trial.people[name].to_numpy(object) for name in ("arm", "offer"))
    names = sorted(set(arm[trial.treated]))
    if len(names) < 2:
        return {}
    if (offer[~trial.treated] != "").any():
        return {str(name): (arm == name) | (~trial.treated & (offer == name)) for name in names}
    return {str(name): (arm == name) | ~trial.treated for name in names}


def _channel_parts(trial: CampaignTrial) -> dict[str, Flags]:
    """Return who is compared for each channel: contacted and held back of that channel."""
    channel = trial.people["channel"].to_numpy(object)
    used, shared = set(channel[trial.treated]), set(channel[~trial.treated])
    if len(used) < 2 or not used <= shared:
        return {}
    return {str(name): channel == name for name in sorted(used)}


def _corrected(arms: dict[str, Compared]) -> dict[str, Compared]:
    """Correct what the verdicts of several arms rest on for how many there are."""
    if len(arms) < 2:
        return arms
    parts = list(arms.values())
    effects = {kind: correct([part.effects[kind] for part in parts]) for kind in parts[0].effects}
    early = _correct_known([part.early for part in parts])
    late = _correct_known([part.late for part in parts])
    return {
        name: replace(
            part,
            effects={kind: corrected[k] for kind, corrected in effects.items()},
            early=early[k],
            late=late[k],
        )
        for k, (name, part) in enumerate(arms.items())
    }


def _correct_known(effects: list[Effect | None]) -> Sequence[Effect | None]:
    """Correct effects where the days that they are read from have been followed."""
    known = [effect for effect in effects if effect is not None]
    return correct(known) if len(known) == len(effects) else effects
