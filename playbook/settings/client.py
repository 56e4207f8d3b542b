"""A client's settings: ``client.yml`` as typed models, with presets and every default of the method."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from playbook.errors import CallError, DataError, SettingsError, did_you_mean
from playbook.settings.lifecycle import Lifecycle
from playbook.settings.measurement import Measurement
from playbook.settings.offers import Contact, Offers
from playbook.settings.report import Report
from playbook.settings.scoring import Scoring, named_criteria
from playbook.settings.source import refuse_outside, refuse_secrets
from playbook.settings.tables import Tables
from playbook.settings.yaml import Strict, first_problem, read_yaml
from playbook.show.words import Words, languages

PROJECT = Path(__file__).parents[2]


class Survival(Strict):
    """How curves are read and intervals drawn; nobody is lapsed before ``least_inactivity_days``."""

    longest_days: int = Field(730, gt=0)
    least_at_risk: int = Field(100, gt=0)
    share_of_returns: float = Field(0.90, gt=0, lt=1)
    fallback_inactivity_days: int = Field(365, gt=0)
    least_inactivity_days: int = Field(30, gt=0)
    bootstrap_draws: int = Field(500, gt=0, le=100_000)


class Occasional(Strict):
    """What is done with occasional buyers, and the rules of their kinds.

    Attributes
    ----------
    treat : str
        apart: left out are only those who cannot pay for the cheapest contact; out: all of them;
        keep: none of them.
    deep_discount : float
        Share off the list price from which a first order is a bargain.
    least_share : float
        Share of the lines of a first order that must be samples, or promoted products.
    paid_sources, online_channels : tuple of str
        Values of the columns source and sales_channel; upper and lower case are the same.
    usual_rate : float
        A kind that certainly comes back at more than this share of the others' rate is none.
    """

    treat: Literal["apart", "out", "keep"] = "apart"
    deep_discount: float = Field(0.2, ge=0, le=1)
    least_share: float = Field(0.5, gt=0, le=1)
    paid_sources: tuple[str, ...] = ("paid_search", "affiliate")
    online_channels: tuple[str, ...] = ("online",)
    usual_rate: float = Field(0.75, gt=0, le=1)


class Range(Strict):
    """A range with both ends included; an end that is missing is open."""

    min: float | None = None
    max: float | None = None


class SelectionRule(Strict):
    """Who may be addressed; all conditions of a rule must fit.

    ``where`` holds columns of the customer table with the value, or the values, that fit.
    """

    orders: Range | None = None
    first_order_months_ago: Range | None = None
    last_order_months_ago: Range | None = None
    where: dict[str, Any] = Field(default_factory=dict)


class EarlyWarning(Strict):
    """Limits beyond which something may mean that a customer is leaving, and how many can be called.

    Attributes
    ----------
    calls_per_week : int
        Calls that can be made: the length of the list.
    recent_days : int
        How long complaints, returns, reviews and goodbyes count; and the two spans, this one and the
        one before, whose orders and sales are compared.
    visit_days : int
        The last days whose visits are compared with the customer's own earlier ones.
    overdue : float
        Silence, or the last gap between orders, over the customer's usual gap.
    fall : float
        Share of the usual number or amount that is left.
    discount_points : float
        By how much more of the list price the last order was reduced than those before.
    holdout_share : float or None
        Share of those worth a call who are not called, by chance, to judge the calls by; None: that of
        the offers. Nobody is held back where too few would order to tell.
    """

    calls_per_week: int = Field(50, ge=0)
    recent_days: int = Field(183, gt=0)
    visit_days: int = Field(90, gt=0)
    overdue: float = Field(2.0, gt=1)
    fall: float = Field(0.5, ge=0, lt=1)
    discount_points: float = Field(0.1, gt=0, lt=1)
    holdout_share: float | None = Field(None, ge=0, le=0.5)


class Checks(Strict):
    """Limits beyond which something in the data is worth mentioning.

    Attributes
    ----------
    earliest : date
        Dates before it are taken for typing errors.
    customer_share : float
        Share of the revenue, or of the order lines, of one customer among `least_buyers` or more.
    line_share : float
        Share of the revenue of one customer's day.
    gap_days : int
        Days without any order that are a gap, in a log with an order in most weeks.
    thin_month : float
        A month with less than this share of the orders of the months around it.
    duplicate_share : float
        Share of the order lines that may repeat another one in every column: an article scanned twice.
    least_buyers : int
        Below it, shares of one customer or day say nothing.
    """

    earliest: date = date(1980, 1, 1)
    customer_share: float = Field(0.2, gt=0, le=1)
    line_share: float = Field(0.1, gt=0, le=1)
    gap_days: int = Field(28, gt=0)
    thin_month: float = Field(0.25, ge=0, le=1)
    duplicate_share: float = Field(0.05, ge=0, le=1)
    least_buyers: int = Field(20, gt=0)


class Machine(Strict):
    """What the engine may take of the machine; no result depends on it.

    ``memory_limit`` is written as ``2GB``. None: most of the memory, shared between clients that run at
    the same time; scratch files beside those of the run. ``master`` is the address of a Spark, such as
    ``spark://host:7077``; with one that is not on this machine its workers have to see ``temp_directory``.
    """

    memory_limit: str | None = None
    temp_directory: str | None = None
    master: str | None = None

    @field_validator("memory_limit")
    @classmethod
    def _amount(cls, limit: str | None) -> str | None:
        if limit is not None and not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", limit):
            raise ValueError("write an amount of memory as 8GB or 600MB")
        return limit


class Settings(Strict):
    """Everything a run depends on besides the data. Defaults are the method's own."""

    client: str
    preset: Literal["retail", "donations", "subscription"] = "retail"
    language: str = "en"
    currency: str = Field("CHF", pattern="^[A-Z]{3}$")
    as_of: date | None = None
    tables: Tables
    source: str | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    machine: Machine = Machine()
    tolerated_unreadable: float = Field(0.01, ge=0, le=1)
    checks: Checks = Checks()
    forget_before: date | None = None
    pseudonymise: bool = False
    suppress_unmatched: Literal["stop", "accept"] = "stop"
    margin_rate: float = Field(0.35, gt=0, le=1)
    discount_rate: float = Field(0.08, ge=0, lt=1)
    horizon_days: int = Field(183, gt=0)
    inactivity_days: int | None = Field(None, gt=0)
    inactivity_by: str | None = None
    min_return: float = Field(0.02, ge=0, le=1)
    lifecycle: Lifecycle = Lifecycle()
    survival: Survival = Survival()
    selection: tuple[SelectionRule, ...] | None = None
    occasional: Occasional = Occasional()
    warning: EarlyWarning = EarlyWarning()
    scoring: Scoring = Scoring()
    consent: Contact = Contact()
    offers: Offers = Offers()
    measurement: Measurement = Measurement()
    report: Report = Report()
    seed: int = Field(1, ge=0)
    cell_timeout_seconds: int = Field(3600, gt=0, le=604_800)

    @field_validator("selection", mode="before")
    @classmethod
    def _one_rule_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @field_validator("language")
    @classmethod
    def _has_a_catalogue(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(f"no catalogue for {value!r}; there are: {', '.join(languages())}")
        return value

    @field_validator("source")
    @classmethod
    def _without_password(cls, value: str | None) -> str | None:
        refuse_secrets(value or "")
        return value

    @property
    def words(self) -> Words:
        """The language, currency and terms of the report."""
        return Words(self.language, self.currency, self.preset)

    def inputs(self, folder: Path) -> list[Path]:
        """Return every file of the client's that a run reads, ``client.yml`` first."""
        named = self.tables.files()
        named += [self.offers.catalogue] if self.offers.catalogue else []
        named += [SUPPRESSION_FILE] if os.path.lexists(folder / SUPPRESSION_FILE) else []
        return [folder / name for name in [SETTINGS_FILE, *dict.fromkeys(named)]]


SETTINGS_FILE = "client.yml"
SUPPRESSION_FILE = "suppress.csv"
"""Beside it, where the client has one: customers who are never contacted."""

PRESETS: dict[str, dict[str, Any]] = {
    "retail": {},
    "donations": {
        "margin_rate": 1.0,
        "measurement": {"horizon_days": 365},  # half a year says nothing of those who give once a year
        "selection": [  # as the Swiss Red Cross chose whom to call
            {"orders": {"min": 1, "max": 1}, "first_order_months_ago": {"min": 12, "max": 18}},
            {"orders": {"min": 3}, "last_order_months_ago": {"min": 18, "max": 24}},
        ],
    },
    "subscription": {},
}

PARAMETERS: dict[str, tuple[str, ...]] = {
    "horizon_days": ("horizon_days",),
    "inactivity_days": ("inactivity_days",),
    "margin_rate": ("margin_rate",),
    "discount_rate": ("discount_rate",),
    "min_return": ("min_return",),
    "budget": ("offers", "budget"),
    "language": ("language",),
    "seed": ("seed",),
}
"""What ``-p NAME=VALUE`` may override, and where it stands in the settings; `WEIGHT` and a criterion too."""
WEIGHT = "scoring.weights."
MOST_NAMED = 12  # clients in a message


def named_client(client: str) -> None:
    """Refuse a client's name that could lead out of the data folder.

    Raises
    ------
    CallError
        For any name but letters, digits, '.', '-' and '_', and for that of a page over all clients.
    """
    if not re.fullmatch(r"\w[\w.-]*", client) or ".." in client or client.lower().endswith(".html"):
        raise CallError(f"{client!r} is no client name: use letters, digits, '-' and '_' only.")


def clients_in(data: Path) -> tuple[list[str], list[str]]:
    """Return the folders of clients, and those without a ``client.yml``.

    A folder that cannot be looked into, and a link that leads nowhere, count as clients: their runs say so.

    Raises
    ------
    CallError
        Where ``data`` is no folder.
    """
    if not data.is_dir():
        raise CallError(f"{data} is no folder: name the folder of the clients' folders with --data.")
    there = (path for path in sorted(data.iterdir()) if not path.name.startswith("."))
    folders = [path for path in there if path.is_dir() or (path.is_symlink() and not path.exists())]
    known = [p.name for p in folders if not _may_enter(p) or os.path.lexists(p / SETTINGS_FILE)]
    return known, [path.name for path in folders if path.name not in known]


def client_folder(client: str, data: Path) -> Path:
    """Return the client's folder.

    Raises
    ------
    CallError
        Where the name could lead out of ``data``, no such folder is there, or it is no client's.
    DataError
        Where the folder cannot be looked into.
    """
    named_client(client)
    folder = data / client
    known, others = clients_in(data)
    if client in others:
        advice = f"playbook new {client} FILE... looks at its exports and proposes one."
        raise CallError(f"{folder} has no {SETTINGS_FILE}: {advice}")
    if client not in known:
        listed = ", ".join(known[:MOST_NAMED]) + (", ..." if len(known) > MOST_NAMED else "")
        there = f" There are: {listed}." if known else ""
        raise CallError(f"No client {client!r} in {data}.{did_you_mean(client, known)}{there}")
    if not _may_enter(folder):
        why = "Permission denied" if folder.exists() else "the link leads nowhere"
        raise DataError(f"{data.name}/{client} cannot be opened: {why}.")
    return folder


def _may_enter(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def load(client: str, data: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the effective settings: the preset, then ``client.yml``, then ``overrides``.

    Parameters
    ----------
    client : str
        Name of a folder in ``data``.
    overrides : mapping
        Names of `PARAMETERS`, or ``as_of``, with their values; None means "as in client.yml".

    Raises
    ------
    CallError
        For an unknown client or parameter.
    SettingsError
        Where ``client.yml`` is no YAML, has an unknown key or a value of the wrong kind, or names a file
        of another folder, and for the weight of a criterion that does not exist.
    """
    path = client_folder(client, data) / SETTINGS_FILE
    written = read_yaml(path)
    chosen: dict[str, Any] = {}
    for name, value in (overrides or {}).items():
        if value is not None:
            _put(chosen, _place(name), value)
    preset = PRESETS.get(str(written.get("preset") or "retail"), {})
    try:
        settings = Settings.model_validate(_merge(_merge(preset, written), chosen))
    except ValidationError as error:
        raise SettingsError(first_problem(error, written, path, chosen, Settings)) from error
    named_criteria(settings.scoring, settings.preset)
    tables = settings.tables.with_handed_in(path.parent)
    refuse_outside(path.parent, tables.files(), settings.source)
    return settings.model_copy(update={"tables": tables})


def override(settings: Settings, chosen: Mapping[str, Any]) -> Settings:
    """Return the settings with some of `PARAMETERS` changed.

    Raises
    ------
    SettingsError
        For a value that the settings refuse.
    """
    tree = settings.model_dump()
    for name, value in chosen.items():
        _put(tree, _place(name), value)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(first_problem(error, {}, Path(SETTINGS_FILE), tree, Settings)) from error


def parse_parameters(given: Sequence[str], extra: Mapping[str, type] | None = None) -> dict[str, Any]:
    """Return ``NAME=VALUE`` words as a mapping with typed values.

    ``extra`` names parameters that only a notebook knows, with their types.

    Raises
    ------
    CallError
        For a word without ``=``, an unknown name or a value of the wrong type.
    """
    extra = extra or {}
    parsed: dict[str, Any] = {}
    for word in given:
        name, sign, value = word.partition("=")
        if not sign:
            raise CallError(f"-p {word}: write it as NAME=VALUE.")
        if not is_setting(name) and name not in extra:
            known = list(dict.fromkeys([*PARAMETERS, f"{WEIGHT}CRITERION", *extra]))
            raise CallError(
                f"Unknown parameter {name!r}.{did_you_mean(name, known)} There are: {', '.join(known)}."
            )
        parsed[name] = _typed(name, value, extra.get(name) or _type_of(name))
    return parsed


def is_setting(name: str) -> bool:
    """Whether a parameter is a setting: one of `PARAMETERS`, or the weight of a criterion."""
    return name in PARAMETERS or name.startswith(WEIGHT)


def _type_of(name: str) -> type:
    if name.startswith(WEIGHT):
        return float
    kind: Any = Settings
    for key in PARAMETERS[name]:
        kind = kind.model_fields[key].annotation
    return kind if isinstance(kind, type) else int


def _typed(name: str, value: str, kind: type) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        wanted = {int: "a whole number", float: "a number"}.get(kind, kind.__name__)
        raise CallError(f"-p {name}: expected {wanted}, got {value!r}.") from error


def _place(name: str) -> tuple[str, ...]:
    if name == "as_of":
        return ("as_of",)
    if name.startswith(WEIGHT):
        return "scoring", "weights", name.removeprefix(WEIGHT)
    if name not in PARAMETERS:
        raise CallError(f"Unknown parameter {name!r}.{did_you_mean(name, PARAMETERS)}")
    return PARAMETERS[name]


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``above`` over ``below``, by mapping; None in ``above`` means "as below", or no selection."""
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merge(merged[key], value)
        elif value is not None or key == "selection":
            merged[key] = _merge({}, value) if isinstance(value, Mapping) else value
    return merged
