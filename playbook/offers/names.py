"""How channels and kinds of kindness are called."""

from playbook.show.words import Words


def channel_names(words: Words) -> dict[str, str]:
    """Return how the channels are called."""
    say = words.say
    return {"visit": say("visit"), "phone": say("phone"), "letter": say("letter"), "email": say("e-mail")}


def kind_names(words: Words) -> dict[str, str]:
    """Return how the kinds of kindness are called."""
    say = words.say
    return {"emotional": say("emotional"), "material": say("material"), "financial": say("financial")}
