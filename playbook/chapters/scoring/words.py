"""Chapter 06 in words: who comes first, who is let go, and by what."""

from collections.abc import Sequence

from playbook.archive.findings import Findings
from playbook.chapters.scoring.criteria import label
from playbook.show.words import Words


def ranking_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is ranked by what, and how many are in each class."""
    if not findings["ranked"].value:
        nobody = words.say("Nobody is ranked: there is nobody to win back today.")
        return [nobody, *_lost_for_good(findings, words)]
    return [
        _ranked_sentence(findings, words),
        *_others_sentences(findings, words),
        *_criteria_sentences(findings, words),
        *_lost_for_good(findings, words),
        *_apart_sentences(findings, words),
    ]


def _lost_for_good(findings: Findings, words: Words) -> list[str]:
    gone = findings["lost_for_good_not_ranked"].value
    return [
        words.say_many(
            "One is not ranked, who cancelled for a reason that no offer changes (offers.lost_for_good).",
            "{n} are not ranked, who cancelled for reasons that no offer changes (offers.lost_for_good).",
            gone,
        )
    ] * bool(gone)


def _ranked_sentence(findings: Findings, words: Words) -> str:
    ranked, first = findings["ranked"].value, findings["class_first"].value
    budget = findings["class_budget"].value
    if not first and not budget:
        return words.say_many(
            "One customer is ranked, and is not to be addressed.",
            "{n} customers are ranked, and none of them is to be addressed.",
            ranked,
        )
    if ranked == 1:
        return words.say("One customer is ranked, worth an offer.")
    return words.say(
        "{n} customers are ranked: {first} (past margin {margin}), {budget} if the budget allows.",
        n=words.number(ranked),
        first=words.say_many("{n} comes first", "{n} come first", first),
        margin=words.money(findings["first_margin"].value),
        budget=words.say_many("{n} follows", "{n} follow", budget),
    )


def _others_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is not to be addressed, and what that spares."""
    say = words.say
    said = []
    if findings["class_wait"].value:
        said.append(
            words.say_many(
                "One is to wait for, with a chance of {chance} or more to return unaided: an offer would"
                " mostly be given away.",
                "{n} are to wait for, with a chance of {chance} or more to return unaided: an offer would"
                " mostly be given away.",
                findings["class_wait"].value,
                chance=words.percent(findings["wait_probability"].value),
            )
        )
    if findings["class_let_go"].value:
        said.append(
            words.say_many(
                "One is let go: not even the best offer could pay, however well people respond.",
                "{n} are let go: not even the best offer could pay, however well people respond.",
                findings["class_let_go"].value,
            )
        )
    elif findings["classes_unknown"].value < findings["ranked"].value:
        said.append(
            say(
                "Nobody is let go: if people respond as well as may be, some offer could pay for each. That"
                " none is expected to pay, as chapter 07 may find, is another matter."
            )
        )
    if findings["classes_unknown"].value:
        said.append(
            words.say_many(
                "For one of them the chance to return cannot be told; such a customer is neither let go nor"
                " waited for.",
                "For {n} of them the chance to return cannot be told; they are neither let go nor waited"
                " for.",
                findings["classes_unknown"].value,
            )
        )
    return said


def _criteria_sentences(findings: Findings, words: Words) -> list[str]:
    say, used = words.say, findings["criteria"].value

    def named(names: Sequence[str]) -> str:
        return ", ".join(label(name, words) for name in names)

    said = [
        words.say_many(
            "The score has one criterion, 0 to 10 points.",
            "The score is the weighted sum of {n} criteria, 0 to 10 points each.",
            len(used),
        )
    ]
    if left_out := findings["criteria_left_out"].value:
        said.append(say("Left out, because the data do not hold it: {names}.", names=named(left_out)))
    if constant := findings["criteria_constant"].value:
        said.append(
            say("Everybody has the same points for: {names}. That ranks nobody.", names=named(constant))
        )
    lacking = {name: findings[f"missing_{name}"].value for name in used}
    if any(lacking.values()):
        counts = [f"{label(name, words)} ({words.number(n)})" for name, n in lacking.items() if n]
        said.append(
            say("Not known for some customers, who get no points for it: {counts}.", counts=", ".join(counts))
        )
    return said


def _apart_sentences(findings: Findings, words: Words) -> list[str]:
    said = []
    if out := findings["occasional_not_ranked"].value:
        said.append(
            words.say_many(
                "One occasional buyer is left out of the ranking.",
                "{n} occasional buyers are left out of the ranking.",
                out,
            )
        )
    if apart := findings["apart_occasional"].value:
        said.append(
            words.say_many(
                "One occasional buyer who may be contacted is ranked apart, behind the others.",
                "{n} occasional buyers who may be contacted are ranked apart, behind the others.",
                apart,
            )
        )
    if silent := findings["apart_no_consent"].value:
        said.append(
            words.say_many(
                "One customer may not be reached by any channel and is ranked last: ask for consent first.",
                "{n} customers may not be reached by any channel and are ranked last: ask for consent first.",
                silent,
            )
        )
    return said
