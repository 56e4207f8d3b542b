"""The offers a client can make: a catalogue in YAML, the client's own or the preset's."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Literal, get_args

import pandas as pd
from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from playbook.errors import SettingsError, did_you_mean
from playbook.offers.names import channel_names, kind_names
from playbook.settings.client import Settings
from playbook.settings.lifecycle import Stage
from playbook.settings.offers import CHANNELS, KINDS, Channel, Kind
from playbook.settings.yaml import Strict, line_of, read_yaml
from playbook.show.display import Table
from playbook.show.words import Words, languages

PRESETS = Path(__file__).parent / "catalogues"

Reason = Literal["complaint", "cancellation"]

POSSIBLE = {"kind": KINDS, "channel": CHANNELS, "suits": get_args(Reason), "stages": get_args(Stage)}
"""What may stand where a value is one of a few words."""
MONEY = ("cost", "incentive_return", "incentive_stay")
NAMED = ("visit", "phone")
"""Channels by which the customer's own contact person speaks for the client."""


class Response(Strict):
    """What an offer adds to the return probability, in points (0.05: five more of a hundred).

    ``low`` and ``high`` are the range that the client holds for possible where it is assumed, the
    interval where it was measured against a control group.
    """

    points: float = Field(ge=-1, le=1)
    low: float = Field(ge=-1, le=1)
    high: float = Field(ge=-1, le=1)
    source: Literal["assumed", "measured"] = "assumed"

    @model_validator(mode="after")
    def _in_order(self) -> "Response":
        if not self.low <= self.points <= self.high:
            raise ValueError("points must lie between low and high")
        return self

    @property
    def expected(self) -> float:
        """Return the points that are expected of it."""
        return self.points

    @property
    def nothing(self) -> float:
        """Return the chance that the offer does nothing at all."""
        return 0.0

    @property
    def tested(self) -> tuple[float, float] | None:
        """Return the silence, in days, of those it was measured on; None where it never was."""
        return None


class Learned(Response):
    """A response as a client's own campaigns leave it: no catalogue states one.

    ``points``, ``low`` and ``high`` are what the offer adds if it does anything; ``idle`` is the chance
    that it does nothing, ``span`` the silence (days) of those on whom an accepted campaign measured it.
    """

    idle: float = Field(ge=0, le=1)
    span: tuple[float, float] | None = None

    @property
    def expected(self) -> float:
        """Return the points that are expected of it, the chance that it does nothing counted in."""
        return (1 - self.idle) * self.points

    @property
    def nothing(self) -> float:
        """Return the chance that the offer does nothing at all."""
        return self.idle

    @property
    def tested(self) -> tuple[float, float] | None:
        """Return the silence, in days, of those it was measured on; None where it never was."""
        return self.span


class Failure(Strict):
    """A campaign of an offer's kind, and the verdict of chapter 08 on it."""

    campaign: str
    verdict: Literal["does_not", "backfires_later"]


class Stay(Strict):
    """A part of a staying incentive: paid to whoever is still there so many days after the return."""

    days: int = Field(gt=0)
    amount: float = Field(ge=0, allow_inf_nan=False)


class Offer(Strict):
    """One kindness by one channel. Money is in the client's currency.

    Attributes
    ----------
    cost : float
        Per contact, whether the customer returns or not.
    incentive_return : float
        Paid once to whoever returns.
    discount : float
        Share of the revenue of the comeback order, given once.
    incentive_stay, stay_days : float, int
        Paid after so many days to whoever returned and stayed.
    stay_stages : tuple of Stay
        The same in several parts; instead of ``incentive_stay``.
    suits : tuple
        The reasons it suits: complaint (an unsolved one), cancellation (announced). Empty:
        everybody who has no unsolved complaint.
    stages : tuple
        The stages of chapter 02 that it suits; empty: any.
    capacity_per_week : int or None
        Contacts that can be made in a week; None: as many as wanted.
    first_day, last_day : date or None
        When it may be made.
    valid_days : int or None
        For how many days after the last day on which it may be made to a customer that customer may
        take it up; None: until ``last_day``, or without an end.
    response : Response
    second_life_share : float
        Lifetime value of a second life under this offer as a share of the usual one.
    second_life_range, second_life_source : tuple of float or None, str
        Its 90% interval, and whether it was measured.
    also : tuple of str
        Names that it has in earlier contacts: in other languages, or from before it was renamed.
    first_words : str or mapping of language to str
        What to say first; in one language, or in several. What the offer gives is named by
        ``{on_return}``, ``{discount}``, ``{stay_1}``, ``{stay_2}``; see `promises`.
    failed : Failure or None
        The campaign after which this kind is not to be made again, where there was one.
    """

    name: str = Field(min_length=1)
    also: tuple[str, ...] = ()
    kind: Kind
    channel: Channel
    cost: float = Field(ge=0, allow_inf_nan=False)
    incentive_return: float = Field(0, ge=0, allow_inf_nan=False)
    discount: float = Field(0, ge=0, lt=1)
    incentive_stay: float = Field(0, ge=0, allow_inf_nan=False)
    stay_days: int = Field(180, gt=0)
    stay_stages: tuple[Stay, ...] = ()
    suits: tuple[Reason, ...] = ()
    stages: tuple[Stage, ...] = ()
    responsible: str = Field(min_length=1)
    capacity_per_week: int | None = Field(None, ge=0)
    first_day: date | None = None
    last_day: date | None = None
    valid_days: int | None = Field(None, gt=0)
    response: Response
    second_life_share: float = Field(1, ge=0, le=2)
    second_life_range: tuple[float, float] | None = None
    second_life_source: Literal["assumed", "measured"] = "assumed"
    first_words: str | dict[str, str] = ""
    failed: Failure | None = None

    @field_validator("first_words")
    @classmethod
    def _languages(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        for language in value if isinstance(value, dict) else ():
            if not re.fullmatch("[a-z]{2}", language):
                raise ValueError(f"{language!r} is no language such as en, de, it, fr")
        return value

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Offer":
        if self.stay_stages and self.incentive_stay:
            raise ValueError("incentive_stay and stay_stages say the same twice; keep one")
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ValueError("first_day must not lie after last_day")
        said = self.first_words.values() if isinstance(self.first_words, dict) else [self.first_words]
        for name in re.findall(r"\{(on_return|discount|stay_\d+)\}", " ".join(said)):
            if name not in self.promises:
                raise ValueError(f"first_words name {{{name}}}, which this offer does not give")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name by which a contact may call it."""
        return (self.name, *self.also)

    @property
    def expected_share(self) -> float:
        """Return the expected share of a second life: the usual one where the offer does nothing."""
        return 1 + (1 - self.response.nothing) * (self.second_life_share - 1)

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Return the parts of the staying incentive."""
        if self.stay_stages:
            return self.stay_stages
        return (Stay(days=self.stay_days, amount=self.incentive_stay),) if self.incentive_stay else ()

    def at(self, rate: float) -> "Offer":
        """Return the offer with its money in another currency, to the cent."""
        money = {name: round(rate * getattr(self, name), 2) for name in MONEY}
        parts = tuple(Stay(days=part.days, amount=round(rate * part.amount, 2)) for part in self.stay_stages)
        return self.model_copy(update={**money, "stay_stages": parts})

    @property
    def whole_stay(self) -> float:
        """Return all that is paid to whoever stays to the end."""
        return sum(part.amount for part in self.stays)

    @property
    def promises(self) -> dict[str, float]:
        """Return what is given to whoever returns and stays: on_return, discount (a share), stay_1..."""
        stays = {f"stay_{n}": part.amount for n, part in enumerate(self.stays, 1)}
        given = {"on_return": self.incentive_return, "discount": self.discount, **stays}
        return {name: value for name, value in given.items() if value}

    def says(self, language: str | None, otherwise: str = "en") -> str:
        """Return what to say first, in a language, else in the other one, else in the first there is."""
        if isinstance(self.first_words, str):
            return self.first_words
        said = self.first_words
        return said.get(str(language)) or said.get(otherwise) or next(iter(said.values()), "")


def load(settings: Settings, folder: Path) -> tuple[Offer, ...]:
    """Return the client's offers: those of ``offers.catalogue``, else those of the preset.

    Parameters
    ----------
    folder : Path
        The client's folder.

    Raises
    ------
    SettingsError
        Where the catalogue is missing, no YAML, empty, names an offer twice, or an offer has an
        unknown key or a value that is not possible.
    """
    named = settings.offers.catalogue
    path = folder / named if named else PRESETS / f"{settings.preset}.yml"
    if not path.is_file():
        raise SettingsError(
            f"client.yml: offers.catalogue names {named}, which is not in the client's folder."
        )
    written = read_yaml(path)
    listed = written.get("offers")
    if set(written) - {"offers", "currency"} or not isinstance(listed, list) or not listed:
        raise SettingsError(
            f"{path.name}: expected a list of offers under 'offers:', and beside it at most 'currency:'."
        )
    try:
        offers = TypeAdapter(tuple[Offer, ...]).validate_python(listed)
    except ValidationError as error:
        raise SettingsError(_sentence(error, written, path)) from error
    _names_once(offers, written, path)
    rate = exchange_rate(str(written.get("currency") or settings.currency), settings, path.name)
    if rate != 1:
        offers = tuple(offer.at(rate) for offer in offers)
    if not named:
        offers = tuple(_in_words(offer, settings) for offer in offers)
    own = settings.offers.contact_costs
    return tuple(offer.model_copy(update={"cost": own.get(offer.channel, offer.cost)}) for offer in offers)


def _in_words(offer: Offer, settings: Settings) -> Offer:
    """Return a preset's offer in the report's language; earlier contacts may name it in any other."""
    every = (Words(language, preset=settings.preset).text(offer.name) for language in languages())
    say = settings.words.text
    said = {"name": say(offer.name), "responsible": say(offer.responsible)}
    return offer.model_copy(update=said | {"also": tuple(dict.fromkeys((offer.name, *every)))})


def usual_costs(preset: str, rate: float) -> dict[str, float]:
    """Return what a contact usually costs by channel, by a preset's catalogue at a rate of exchange."""
    costs: dict[str, list[float]] = {}
    for offer in read_yaml(PRESETS / f"{preset}.yml")["offers"]:
        costs.setdefault(offer["channel"], []).append(offer["cost"])
    return {channel: round(rate * median(paid), 2) for channel, paid in costs.items()}


ASSUMED_RATES = {"EUR": 1.07, "USD": 1.25, "GBP": 0.93}
"""What a franc is worth, about (2026), where the client states no rate; the report says so."""
PRICED_IN = "CHF"
"""The currency of the presets' catalogues."""


def exchange_rate(currency: str, settings: Settings, catalogue: str) -> float:
    """Return what one unit of a catalogue's currency is worth in the client's.

    Raises
    ------
    SettingsError
        Where they differ and nothing says what one is worth in the other.
    """
    if currency == settings.currency:
        return 1.0
    assumed = ASSUMED_RATES.get(settings.currency) if currency == PRICED_IN else None
    rate = settings.offers.exchange_rate or assumed
    if rate is None:
        raise SettingsError(
            f"{catalogue} is in {currency} and the client's money in {settings.currency}: say under"
            f" offers.exchange_rate in client.yml what 1 {currency} is worth in it, or name the"
            " client's own catalogue under offers.catalogue."
        )
    return rate


def cheapest_contact(offers: Iterable[Offer]) -> float:
    """Return what the cheapest contact costs."""
    return min(offer.cost for offer in offers)


def table(offers: Sequence[Offer], words: Words) -> Table:
    """Return the catalogue: what each offer is, costs and is expected to add."""
    say = words.say
    kinds, channels = kind_names(words), channel_names(words)
    rows = [
        {
            "offer": offer.name,
            "kind": kinds[offer.kind],
            "channel": channels[offer.channel],
            "cost": offer.cost,
            "incentive": _incentive(offer, words),
            "response": words.between(words.points(offer.response.low), words.points(offer.response.high)),
            "source": say(offer.response.source),
            "share": offer.second_life_share,
        }
        for offer in offers
    ]
    return Table(
        pd.DataFrame(rows),
        say("The offers"),
        words,
        columns={
            "offer": say("offer"),
            "kind": say("kindness"),
            "channel": say("channel"),
            "cost": (say("per contact"), "money_exact"),
            "incentive": say("incentive"),
            "response": say("points added"),
            "source": say("source"),
            "share": (say("a second life is worth"), "percent"),
        },
        note=say(
            "Points added: so many more of a hundred return. A second life is worth that share of the usual."
        ),
    )


def _incentive(offer: Offer, words: Words) -> str:
    say, money = words.say, words.money
    said = []
    if offer.incentive_return:
        said.append(say("{amount} on return", amount=money(offer.incentive_return)))
    if offer.discount:
        said.append(say("{share} off one order", share=words.percent(offer.discount)))
    said += [say("{amount} after {days} days", amount=money(p.amount), days=p.days) for p in offer.stays]
    return ", ".join(said) or "–"


def _names_once(offers: Sequence[Offer], written: Any, path: Path) -> None:
    names = [offer.name for offer in offers]
    for place, name in enumerate(names):
        if name in names[:place]:
            line = line_of(written, ["offers", place, "name"])
            raise SettingsError(f"{path.name}{line}: there are two offers named {name!r}; rename one.")


def _sentence(error: ValidationError, written: Any, path: Path) -> str:
    """Word the first problem: file, line, offer, what was expected."""
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")  # misspelt, not missing
    place, *keys = first["loc"]
    offer = written["offers"][place]
    name = offer.get("name") if isinstance(offer, dict) else None
    called = f"offer {name!r}" if name else f"offer {int(place) + 1}"
    source = f"{path.name}{line_of(written, ['offers', place, *keys])}: {called}"
    key = ".".join(str(part) for part in keys if isinstance(part, str))
    if first["type"] == "extra_forbidden":
        models: dict[str, type[Strict]] = {"response": Response, "stay_stages": Stay}
        known = list(models.get(str(keys[0]), Offer).model_fields)
        hint = did_you_mean(str(keys[-1]), known)
        return f"{source}: {key} is not a known key.{hint} Known: {', '.join(known)}."
    if first["type"] == "missing":
        return f"{source}: {key} is missing."
    message = first["msg"].removeprefix("Value error, ")
    found = "" if isinstance(first["input"], dict) else f", found {first['input']!r}"
    possible = POSSIBLE.get(str(keys[0]), ()) if first["type"] == "literal_error" else ()
    hint = did_you_mean(str(first["input"]), possible)
    subject = f": {key}" if key else ""
    return f"{source}{subject}: {message[:1].lower()}{message[1:]}{found}.{hint}"
