"""How channels, kinds of kindness and what came of a call are called."""

from playbook.show.words import Words


def channel_names(words: Words) -> dict[str, str]:
    """Return how the channels are called."""
    say = words.say
    return {"visit": say("visit"), "phone": say("phone"), "letter": say("letter"), "email": say("e-mail")}


def kind_names(words: Words) -> dict[str, str]:
    """Return how the kinds of kindness are called."""
    say = words.say
    return {"emotional": say("emotional"), "material": say("material"), "financial": say("financial")}


def outcome_names(words: Words) -> dict[str, str]:
    """Return what may come of a call, as a caller chooses it in calls.xlsx."""
    say = words.say
    return {
        "reached": say("reached"),
        "no_answer": say("no answer"),
        "agreed": say("agreed"),
        "refused": say("refused"),
        "call_back": say("call back on"),
        "never": say("do not contact again"),
    }


CALLS_FILE = "calls.xlsx"
CALLED_ON, CALL_BACK_ON, OUTCOME = "called_on", "call_back_on", "outcome"


def call_headings(words: Words) -> dict[str, str]:
    """Return what stands above the columns of calls.xlsx that are read again."""
    say = words.say
    return {
        "customer_id": say("customer"),
        OUTCOME: say("outcome"),
        CALLED_ON: say("called on"),
        CALL_BACK_ON: say("call back on"),
        "notes": say("notes"),
    }


def call_sheets(words: Words) -> dict[str, str]:
    """Return how the sheets of calls.xlsx are called."""
    say = words.say
    return {"plan": say("Win-back calls"), "early": say("Early-warning calls"), "done": say("Done")}
