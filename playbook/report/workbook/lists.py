"""Lists of customers as values: the ranking, whom to let go, who is in which stage."""

import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.occasional.kinds import kind_labels
from playbook.chapters.plan.words import status_names
from playbook.chapters.scoring.let_go import NOT_WORTH_AN_OFFER, last_words, let_go_reasons
from playbook.chapters.scoring.ranking import NO_CONSENT, OCCASIONAL, class_names
from playbook.offers.first_words import as_most_speak
from playbook.records.consent import MAY_BE_CONTACTED
from playbook.report.workbook.columns import PAST, PERSONAL, PROSPECT, WHO, choose_columns
from playbook.report.workbook.sheets import RoomySheet, TableSheet
from playbook.show.words import Words

AT_STAKE = ("leaving_risk", "margin_at_stake")
RANKING_WIDTHS = {"class": 14, "apart": 14, "reason": 44, "weakest": 30}
WRITING_WIDTHS = {"warning": 34, "know": 30, "first_step": 28}


def ranking(run: Chapter, frame: pd.DataFrame) -> TableSheet:
    """Return everybody ranked, best first, as delivered."""
    words, say = run.words, run.words.say
    ranked = frame[frame["rank"].notna()].sort_values("rank", ignore_index=True)
    ranked = ranked.assign(**{"class": ranked["class"].map(class_names(words))})
    if "apart" in ranked:
        names = {OCCASIONAL: say("occasional buyer"), NO_CONSENT: say("no consent")}
        ranked["apart"] = ranked["apart"].map(names)
    details = [name for name in PERSONAL if name != "name"]
    columns = choose_columns(
        words,
        *("rank", "customer_id", "name", "class", "apart", "score"),
        *(*PROSPECT, *PAST, "reason", "weakest", *details),
        rank=say("1 is whom to win back first"),
    )
    sentence = words.say_many(
        "{n} customer, as delivered.", "{n} customers, best first, as delivered.", len(ranked)
    )
    return RoomySheet(say("Ranking"), sentence, ranked, columns, details, RANKING_WIDTHS)


def occasional(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the occasional buyers, with kind and reason; None without chapter 03."""
    if "occasional" not in frame:
        return None
    words, say = run.words, run.words.say
    found = frame[frame["occasional"].fillna(False).astype(bool)]
    if "left_out" in found:
        treated = found["left_out"].map({True: say("left out"), False: say("treated apart")})
        found = found.assign(treated=treated)
    found = found.assign(occasional_kind=found["occasional_kind"].map(kind_labels(words)))
    found = found.sort_values(["margin", "customer_id"], ascending=[False, True])
    columns = choose_columns(
        words, *WHO, "occasional_kind", "occasional_reason", "treated", "return_probability", *PAST
    )
    sentence = words.say_many(
        "{n} customer who bought once and has been silent longer than almost all who buy again.",
        "{n} customers who bought once and have been silent longer than almost all who buy again.",
        len(found),
    )
    return TableSheet(say("Occasional buyers"), sentence, found, columns)


def let_go(run: Chapter, frame: pd.DataFrame) -> TableSheet:
    """Return whom no offer could pay, with the reason and what a contact would have cost."""
    words, say = run.words, run.words.say
    gone = frame[frame["class"] == "let_go"].sort_values("rank")
    sentence = say(
        "No offer pays for them, even if it worked as well as hoped: leave a good last impression."
    )
    if "best_profit" in gone:
        cost = float(run.findings("06")["contact_cost"].value)
        gone = gone.assign(why_let_go=let_go_reasons(gone, words), cheapest_contact=cost)
        total = words.money(cost * len(gone), 2)
        sentence += " " + say("To contact all of them once would have cost {total}.", total=total)
    columns = choose_columns(words, *WHO, "why_let_go", "cheapest_contact", *PROSPECT, *PAST, "weakest")
    return TableSheet(say("Let go"), sentence, gone, columns)


def not_contacted(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return who could have been planned and is not, with the reason; None without chapter 07, or nobody.

    Whoever is not worth an offer has words for when they get in touch themselves.
    """
    if "plan_status" not in frame:
        return None
    words, say = run.words, run.words.say
    found = frame[~frame["plan_status"].isin(["planned", "held_back", "not_selected"])]
    found = found.sort_values(["plan_status", "margin", "customer_id"], ascending=[True, False, True])
    worth = ~found["plan_status"].isin(NOT_WORTH_AN_OFFER)
    said = pd.Series(last_words(found, as_most_speak(run.settings, frame)), found.index, dtype=object)
    found = found.assign(
        why_no_offer=found["plan_status"].map(status_names(words)), last_words=said.mask(worth, None)
    )
    columns = choose_columns(words, *WHO, "why_no_offer", "last_words", *PAST)
    sentence = say(
        "Nothing is sent to them and nothing is spent. Where no offer would pay there is something to say"
        " that leaves a good last impression, if they get in touch."
    )
    return TableSheet(say("Not contacted"), sentence, found, columns)


def stages(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return everybody known with the stage of the relationship; None without chapter 02."""
    if "stage" not in frame or not frame["stage"].notna().any():
        return None
    words, say = run.words, run.words.say
    found = frame.sort_values(["stage", "margin", "customer_id"], ascending=[True, False, True])
    found = found.assign(stage=[say(str(stage)) for stage in found["stage"]])
    columns = choose_columns(words, "stage", *WHO, *PAST)
    sentence = words.say_many("{n} contact, by stage.", "{n} contacts, by stage.", len(found))
    return TableSheet(say("Stages"), sentence, found, columns)


def write_instead(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return who would be called, may not be, and may be written to; None where there is nobody."""
    if "write_instead" not in frame or not frame["write_instead"].any():
        return None
    words, say = run.words, run.words.say
    listed = frame[frame["write_instead"]]
    listed = listed.sort_values(
        ["margin_at_stake", "customer_id"], ascending=[False, True], ignore_index=True
    )
    ways = {"letter": say("letter"), "email": say("e-mail")}
    may = {way: listed[f"consent_{way}"].isin(MAY_BE_CONTACTED) for way in ways}
    about = {
        "satisfaction": say("ask whether they are satisfied, and what could be better"),
        "complaint": say("apologise and put it right; sell nothing"),
        "cancellation": say("answer before you confirm the cancellation"),
    }
    sheet = listed.assign(
        ways=[", ".join(ways[way] for way in ways if may[way][row]) for row in listed.index],
        first_step=listed["call_kind"].map(about),
        know=_bought(listed, words),
    )
    columns = choose_columns(words, *WHO, "ways", "warning", "know", "first_step", *AT_STAKE)
    sentence = say(
        "They would be called, had they agreed to it: write to them instead, and ask whether they may be"
        " called. Those with most at stake come first."
    )
    return RoomySheet(say("Write instead"), sentence, sheet, columns, widths=WRITING_WIDTHS)


def _bought(listed: pd.DataFrame, words: Words) -> list[str]:
    """Say what the customer has bought so far."""
    facts = listed[["orders", "first_order", "last_order", "margin"]].itertuples(index=False)
    return [
        words.say_many(
            "one order, on {last}; margin {margin}",
            "{n} orders, from {first} to {last}; margin {margin}",
            int(orders),
            first=words.date(pd.Timestamp(first).date()),
            last=words.date(pd.Timestamp(last).date()),
            margin=words.money(margin),
        )
        for orders, first, last, margin in facts
    ]
