"""Lists of customers: the ranking, and whom to let go."""

import pandas as pd

from playbook.chapter import Chapter
from playbook.workbook.sheets import Column, TableSheet, past, who


def ranking(run: Chapter, frame: pd.DataFrame) -> TableSheet:
    """Return everybody ranked, best first."""
    words, say = run.words, run.words.say
    ranked = frame[frame["rank"].notna()].sort_values("rank")
    points = [str(name) for name in frame if str(name).startswith("points_")]
    columns = [
        Column("rank", say("rank"), "number", say("1 is whom to win back first")),
        *who(frame, words),
        Column("class", say("class"), "text", say("first, budget (if the budget allows), wait, let_go")),
        Column("score", say("score"), "decimal", say("sum of the points, each times its weight")),
        Column("second_lifetime_value", say("second lifetime value"), "money", say("margin if won back")),
        Column("return_probability", say("chance unaided"), "share", say("of an order within the horizon")),
        *past(words),
        *(
            Column(name, name.removeprefix("points_"), "decimal", say("points from 0 to 10"))
            for name in points
        ),
        Column("reason", say("reasons"), "long", say("the two criteria with most points")),
        Column("weakest", say("weakest point"), "long", say("the criterion with fewest points")),
    ]
    sentence = words.say_many("{n} customer, best first.", "{n} customers, best first.", len(ranked))
    return TableSheet(say("Ranking"), sentence, ranked, columns)


def let_go(run: Chapter, frame: pd.DataFrame) -> TableSheet:
    """Return whom no offer could pay."""
    words, say = run.words, run.words.say
    gone = frame[frame["class"] == "let_go"].sort_values("rank")
    columns = [
        *who(frame, words),
        Column("second_lifetime_value", say("second lifetime value"), "money", say("margin if won back")),
        Column("return_probability", say("chance unaided"), "share", say("of an order within the horizon")),
        *past(words),
        Column("weakest", say("weakest point"), "long", say("the criterion with fewest points")),
    ]
    sentence = say(
        "No offer pays for them, even if it worked as well as hoped: leave a good last impression."
    )
    return TableSheet(say("Let go"), sentence, gone, columns)
