"""The backtest of the ranking in words."""

from playbook.archive.findings import Finding, Findings
from playbook.chapters.scoring.backtest import Backtest
from playbook.chapters.scoring.criteria import label
from playbook.show.display import Table
from playbook.show.words import Words


def backtest_findings(result: Backtest | None) -> list[Finding]:
    """Return the backtest's findings; one that says so where there was none."""
    if result is None:
        return [Finding("score_ahead_of_revenue", None, unit="share", verdict="untried")]
    return result.findings()


def backtest_table(result: Backtest | None, words: Words) -> Table | None:
    """Return what each ranking captured; None where it could not be tried."""
    return result.table(words) if result else None


def carried_table(result: Backtest | None, words: Words) -> Table | None:
    """Return what each criterion captured; None where it could not be tried."""
    return result.criteria_table(words) if result else None


def backtest_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what the ranking would have captured one horizon ago."""
    say, percent = words.say, words.percent
    ahead = findings["score_ahead_of_revenue"]
    if ahead.value is None:
        return [
            say(
                "The ranking could not be tried on the past: too little history, or too few were lapsed then"
                " or brought margin after it."
            )
        ]
    captured = findings["captured_score_10%"]
    said = say(
        "Tried on the past: the tenth of the {n} lapsed customers that this score put first brought"
        " {score} of the margin of the horizon that followed (90% interval {low} to {high}); the first tenth"
        " by revenue {revenue}, by recency, frequency and money {rfm}, by the chance to return {chance}, at"
        " random 10%.",
        n=words.number(ahead.n or 0),
        score=percent(captured.value),
        low=percent(captured.low or 0),
        high=percent(captured.high or 0),
        revenue=percent(findings["captured_revenue_10%"].value),
        rfm=percent(findings["captured_rfm_10%"].value),
        chance=percent(findings["captured_chance_10%"].value),
    )
    return [said, _compared(findings, words) + " " + say("This shows who is valuable, not who can be won.")]


def _compared(findings: Findings, words: Words) -> str:
    say = words.say
    peers = {
        "revenue": say("revenue alone"),
        "rfm": say("recency, frequency and money"),
        "chance": say("the chance to return alone"),
    }

    def named(verdict: str) -> str:
        return ", ".join(
            name for peer, name in peers.items() if findings[f"score_ahead_of_{peer}"].verdict == verdict
        )

    said = []
    if ahead := named("ahead"):
        said.append(say("Beyond chance the score is ahead of: {names}.", names=ahead))
    if level := named("level"):
        said.append(say("Within chance it is level with: {names}.", names=level))
    if behind := named("behind"):
        message = "Beyond chance it is behind: {names}. There the simple rule would have served better."
        said.append(say(message, names=behind))
    return " ".join(said)


def carried_sentences(findings: Findings, words: Words) -> list[str]:
    """Word which criteria carried the ranking and which cost it margin."""
    if findings["score_ahead_of_revenue"].value is None:
        return []
    say = words.say
    carried, cost = (
        ", ".join(label(one, words) for one in findings[name].value)
        for name in ("criteria_that_carried", "criteria_that_cost")
    )
    said = [say("Carried the ranking beyond chance: {names}.", names=carried)] if carried else []
    if cost:
        message = "Without these the first tenth would have brought more, beyond chance: {names}."
        said.append(say(message, names=cost))
    return said or [say("No single criterion moved what the first tenth brought beyond chance.")]
