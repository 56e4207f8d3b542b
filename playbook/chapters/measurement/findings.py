"""A measured campaign's numbers, as the summary and other programs read them."""

from datetime import timedelta

from playbook.archive.findings import Finding
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.measure import SHARES, Measured


def campaign_findings(measured: Measured, name: str) -> list[Finding]:
    """Return one campaign's findings, all named after its place."""
    trial, settings, whole = measured.trial, measured.settings, measured.whole
    ready = trial.people["start"].max() + timedelta(days=settings.horizon_days) if trial.size else None
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
        found.append(_finding(f"{name}_effect", main, measured.named, corrected=True))
        found.append(Finding(f"{name}_buyers", round(main.buyers), unit="customers"))
    found += [_finding(f"{name}_{kind}", effect) for kind, effect in whole.effects.items()]
    pieces = {"early": whole.early, "late": whole.late}
    found += [_finding(f"{name}_{kind}", effect) for kind, effect in pieces.items() if effect]
    found += [_finding(f"{name}_{effect.outcome}", effect) for effect in whole.harms]
    found += _prices(measured, name)
    for day, effects in measured.readings.items():
        found.append(_finding(f"{name}_effect_{day}", effects[measured.named], measured.named))
    later = [day for day in measured.readings if day > settings.horizon_days]
    if later:
        found.append(_finding(f"{name}_last_reading", measured.readings[later[-1]][measured.named]))
    for j, (arm, compared) in enumerate(measured.arms.items(), 1):
        found.append(Finding(f"{name}_arm_{j}", arm, verdict=compared.judgement.verdict))
        effect = compared.effects.get(measured.named)
        empty = Finding(f"{name}_arm_{j}_effect", None, unit=unit)
        found.append(_finding(empty.name, effect, measured.named, corrected=True) if effect else empty)
    return found


def _prices(measured: Measured, name: str) -> list[Finding]:
    """Return what was spent, and what it bought; without value where that is undefined."""
    whole = measured.whole
    found = [Finding(f"{name}_spend", whole.extra_spend if measured.compared else None, unit="money")]
    prices = {"cost_per_additional": whole.cost_per_additional, "return_on_spend": whole.return_on_spend}
    for kind, price in prices.items():
        value, low, high = price or (None, None, None)
        unit = "money" if kind == "cost_per_additional" else "ratio"
        found.append(Finding(f"{name}_{kind}", value, low, high, unit))
    return found


def _finding(name: str, effect: Effect, verdict: str | None = None, corrected: bool = False) -> Finding:
    low, high = (effect.corrected_low, effect.corrected_high) if corrected else (effect.low, effect.high)
    return Finding(name, effect.value, low, high, effect.unit, effect.days, verdict)
