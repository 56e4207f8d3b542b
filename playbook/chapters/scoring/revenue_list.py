"""Chapter 06, the usual list: whom a ranking by revenue alone would put first."""

from playbook.chapters.scoring.criteria import top
from playbook.chapters.scoring.ranking import FIRST, Ranking, class_names
from playbook.show.display import Table
from playbook.show.words import Words


def revenue_table(ranking: Ranking, words: Words, n: int = 10) -> Table:
    """Return the first by revenue alone, and where the score puts them."""
    say = words.say
    headings = {
        "customer_id": say("customer"),
        "revenue": say("revenue"),
        "margin": say("past margin"),
        "silence_days": say("days of silence"),
        "return_probability": say("chance to return"),
        "rank": say("rank by the score"),
        "class": say("class"),
    }
    first = ranking.customers.sort_values(["revenue", "customer_id"], ascending=[False, True]).head(n)
    frame = first[list(headings)].assign(**{"class": first["class"].map(class_names(words))})
    formats = {
        "revenue": "money",
        "margin": "money",
        "silence_days": "number",
        "return_probability": "percent",
        "rank": "number",
    }
    return Table(
        frame, say("The first {n} by revenue alone", n=words.number(len(frame))), words, formats, headings
    )


def revenue_sentences(ranking: Ranking, words: Words) -> list[str]:
    """Say whom a ranking by revenue alone would have put first, and what they are like."""
    n = len(ranking.of(FIRST))
    if not n:
        return [words.say("Nobody comes first here, by revenue or otherwise.")]
    by_revenue = top(ranking.customers["revenue"], n)
    by_score = (ranking.customers["class"] == FIRST).to_numpy()
    said = [
        words.say(
            "Of the {n} with the highest revenue, {both} also come first by the score.",
            n=words.number(n),
            both=words.number(int((by_revenue & by_score).sum())),
        )
    ]
    only_revenue, only_score = (
        ranking.customers[by_revenue & ~by_score],
        ranking.customers[by_score & ~by_revenue],
    )
    if len(only_revenue) and only_revenue["return_probability"].notna().all():
        said.append(
            words.say(
                "Those who come first by revenue only have been silent for {days} days (median) and return"
                " unaided with a chance of {chance}; those who come first by the score only, {days_score}"
                " days and {chance_score}.",
                days=words.number(float(only_revenue["silence_days"].median())),
                chance=words.percent(float(only_revenue["return_probability"].mean())),
                days_score=words.number(float(only_score["silence_days"].median())),
                chance_score=words.percent(float(only_score["return_probability"].mean())),
            )
        )
    return said
