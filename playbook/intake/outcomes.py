"""What came of the calls: a filled-in calls.xlsx becomes a client's contacts, events and refusals."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from playbook.archive.folders import CUSTOMERS
from playbook.archive.sheets import read_sheet, write_sheet
from playbook.errors import CallError, DataError, did_you_mean
from playbook.offers.catalogue import NAMED
from playbook.offers.names import CALL_BACK_ON, CALLED_ON, OUTCOME, call_headings, call_sheets, outcome_names
from playbook.settings.client import SUPPRESSION_FILE, Settings
from playbook.settings.tables import HANDED_IN
from playbook.show.words import Words, languages
from playbook.stats.trials.earlier import ASSIGNMENT, CALL_TRIAL

CONTACTS, EVENTS = (HANDED_IN[table][0] for table in ("contacts", "events"))
KIND = "outcome"
"""The kind of event that says what came of a call of ours; its detail is the outcome."""
NEVER = "never"
FIRST = 3
"""Row of the first heading, from 1."""


class Made(NamedTuple):
    """A call that was made: where it stands, whom, what came of it, and its days."""

    row: int
    customer_id: str
    outcome: str
    called_on: date
    call_back_on: date | None


class Done(NamedTuple):
    """What a filled-in file holds: whose it is, of which run, the calls, and whom the plan's sheet lists."""

    client: str
    as_of: str
    made: dict[str, list[Made]]
    listed: frozenset[str]


def hand_in(client: str, path: Path, settings: Settings, folder: Path, reports: Path) -> list[str]:
    """Write the calls of a file into the client's folder; handed in again, each counts once.

    ``done_contacts.csv`` holds who was assigned to which arm in the run's campaigns when its calls were
    first handed in, whatever a later run of the same day plans, and the day of each call;
    ``done_events.csv`` one event a call; ``suppress.csv`` whoever is not to be contacted again. Every run
    reads them from then on.

    Returns
    -------
    list of str
        What was done, one sentence each.

    Raises
    ------
    CallError
        Where the file is of another client or run, or there is nothing of that run to write to.
    DataError
        Where an outcome or a day cannot be understood; nothing is written then.
    """
    done = read(path, settings)
    if done.client != client or not re.fullmatch(r"\d{4}-\d\d-\d\d", done.as_of):
        raise CallError(f"{path.name} is of {done.client or 'no client'}, not of {client}.")
    if settings.pseudonymise:
        raise CallError(f"{client} is pseudonymised: its calls.xlsx names nobody whom the data know.")
    assigned, report = _assigned(folder, done.as_of), reports / client / done.as_of
    if assigned.empty:
        assigned = _drawn(path, done, report)
    _refuse_other_list(path, done, assigned)
    numbers = {*assigned["customer_id"]}
    if (report / CUSTOMERS).is_file():
        numbers |= {*pd.read_parquet(report / CUSTOMERS)["customer_id"]}
    calls = {sheet: _known(made, assigned, numbers, sheet, path) for sheet, made in done.made.items()}
    everybody = [one for made in calls.values() for one in made]
    _refuse_twice_in(folder, settings, set(assigned["campaign"]))
    events = _with_earlier(folder / EVENTS, _events(everybody, done.as_of), ["report", "customer_id"])
    days = events[events["report"] == done.as_of].set_index("customer_id")["happened_at"]
    contacts = _with_earlier(
        folder / CONTACTS, _with_days(assigned, days), ["report", "campaign", "customer_id"]
    )
    never = sorted({one.customer_id for one in everybody if one.outcome == NEVER})
    added = _suppress(folder / SUPPRESSION_FILE, never)
    write_sheet(events, folder / EVENTS)
    write_sheet(contacts, folder / CONTACTS)
    return [
        f"{len(everybody)} calls with their outcome are in {EVENTS}, and the arms of"
        f" {' and '.join(sorted(set(contacts['campaign'])))} in {CONTACTS}: the next run reads both.",
        *([f"{added} more on {SUPPRESSION_FILE}: never contacted again."] if added else []),
    ]


# Reading ---------------------------------------------------------------------------------------


def read(path: Path, settings: Settings) -> Done:
    """Read a filled-in calls.xlsx, in whichever language it was written.

    Raises
    ------
    CallError
        Where it is no calls.xlsx.
    DataError
        Where an outcome or a day cannot be understood.
    """
    if not path.is_file():
        raise CallError(f"{path} is not there: name the calls.xlsx that was filled in.")
    try:
        book = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise CallError(f"{path.name} cannot be read as a workbook: hand in calls.xlsx itself.") from error
    for language in dict.fromkeys([settings.language, *languages()]):
        words = Words(language, settings.currency, settings.preset)
        sheets = call_sheets(words)
        if set(sheets.values()) <= set(book.sheet_names):
            rows = {kind: book.get_sheet_by_name(title).to_python() for kind, title in sheets.items()}
            told = {row[0]: str(row[1]) for row in rows.pop("done") if len(row) > 1 and row[0]}
            client, as_of = (told.get(words.say(name), "") for name in ("client", "data as of"))
            made = {sheets[kind]: list(_made(part, sheets[kind], path, words)) for kind, part in rows.items()}
            return Done(client, as_of, made, frozenset(_listed(rows["plan"], words)))
    raise CallError(f"{path.name} is no calls.xlsx: it has the sheets {', '.join(book.sheet_names)}.")


def _listed(rows: Sequence[Sequence[Any]], words: Words) -> Iterator[str]:
    """Return whom a sheet lists, called or not."""
    place = [str(cell) for cell in rows[FIRST - 1]].index(call_headings(words)["customer_id"])
    return (str(row[place]).strip() for row in rows[FIRST:] if str(row[place]).strip())


def _made(rows: Sequence[Sequence[Any]], sheet: str, path: Path, words: Words) -> Iterator[Made]:
    """Return the calls of a sheet that have an outcome."""
    headings, codes = call_headings(words), {said: code for code, said in outcome_names(words).items()}
    head = [str(cell) for cell in rows[FIRST - 1]] if len(rows) >= FIRST else []
    for name in headings:
        if headings[name] not in head:
            raise DataError(f"{path.name}, sheet {sheet}: the column {headings[name]!r} is gone.")
    place = {name: len(head) - 1 - head[::-1].index(said) for name, said in headings.items()}
    for number, row in enumerate(rows[FIRST:], FIRST + 1):
        where = f"{path.name}, sheet {sheet}, row {number}"
        said = str(row[place[OUTCOME]]).strip()
        days = {name: _day(row[place[name]], f"{where}, column {headings[name]}") for name in _DAYS}
        if not said:
            if any(days.values()):
                raise DataError(f"{where}, column {headings[OUTCOME]}: a day without an outcome.")
            continue
        outcome = codes.get(said.lower())
        if outcome is None:
            raise DataError(
                f"{where}, column {headings[OUTCOME]}: {said!r} is none of {', '.join(codes)}."
                f"{did_you_mean(said, codes)}"
            )
        called, back = days[CALLED_ON], days[CALL_BACK_ON]
        if called is None:
            raise DataError(f"{where}, column {headings[CALLED_ON]}: write the day of the call.")
        if called > date.today():
            raise DataError(f"{where}, column {headings[CALLED_ON]}: {called} has not come yet.")
        yield Made(number, str(row[place["customer_id"]]).strip(), outcome, called, back)


_DAYS = (CALLED_ON, CALL_BACK_ON)


def _day(cell: Any, where: str) -> date | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, date):
        return cell if type(cell) is date else cell.date()  # type: ignore[attr-defined]
    raise DataError(f"{where}: {str(cell)!r} is no day; write it as the spreadsheet's own dates.")


def _assigned(folder: Path, as_of: str) -> pd.DataFrame:
    """Return who was assigned to which arm when the calls of a report were first handed in."""
    path = folder / CONTACTS
    before = read_sheet(path) if path.is_file() else pd.DataFrame(columns=["report"])
    return before[before["report"] == as_of].reset_index(drop=True)


def _drawn(path: Path, done: Done, report: Path) -> pd.DataFrame:
    """Return who was assigned to which arm in a report."""
    campaigns = [report / name for name in (ASSIGNMENT, CALL_TRIAL) if (report / name).is_file()]
    if not campaigns:
        raise CallError(f"{path.name} is of the report {report}, which is not there: name its --reports.")
    return pd.concat([read_sheet(file) for file in campaigns], ignore_index=True).assign(report=done.as_of)


def _refuse_other_list(path: Path, done: Done, assigned: pd.DataFrame) -> None:
    """Refuse the calls of another run of the same day: its customers were dealt out otherwise."""
    called = assigned[(assigned["arm"] == "treated") & assigned["channel"].isin(NAMED)]
    alone = assigned[assigned["arm"] == "control"]["customer_id"]
    if more := sorted(done.listed - {*called["customer_id"], *alone}):
        raise CallError(
            f"{path.name} is of another run of {done.as_of} than the report there, which does not call"
            f" {more[0]}: run it again as it was, or hand in the calls of this one."
        )


def _known(made: list[Made], assigned: pd.DataFrame, numbers: set[str], sheet: str, path: Path) -> list[Made]:
    """Refuse a call to nobody, or to somebody to be left alone: the list was changed, the number mistyped."""
    alone = set(assigned.loc[assigned["arm"] == "control", "customer_id"])
    alone -= set(assigned.loc[assigned["arm"] == "treated", "customer_id"])
    for one in made:
        where = f"{path.name}, sheet {sheet}, row {one.row}"
        if one.customer_id not in numbers:
            raise DataError(f"{where}: nobody has the number {one.customer_id}.")
        if one.customer_id in alone:
            raise DataError(
                f"{where}: {one.customer_id} was to be left alone:"
                " correct the number, or take the row out and tell whoever judges the campaign."
            )
    return made


# Writing ---------------------------------------------------------------------------------------


def _events(made: Sequence[Made], report: str) -> pd.DataFrame:
    rows = [(one.customer_id, one.called_on.isoformat(), KIND, one.outcome, report) for one in made]
    return pd.DataFrame(rows, columns=[*HANDED_IN["events"][1], "report"])


def _with_days(assigned: pd.DataFrame, days: "pd.Series[str]") -> pd.DataFrame:
    """Return the arms with the day on which each call was made in place of that on which it was planned."""
    called = (assigned["arm"] == "treated") & assigned["channel"].isin(NAMED)
    day = assigned["customer_id"].map(days).where(called)
    return assigned.assign(contacted_at=day.fillna(assigned["contacted_at"]))


def _with_earlier(path: Path, rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return rows with those of an earlier file of ours, of which those with the same key go."""
    if path.is_file():
        rows = pd.concat([read_sheet(path).astype(object), rows.astype(object)], ignore_index=True)
    return rows[~rows[key].duplicated(keep="last")].sort_values(key, ignore_index=True)


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _suppress(path: Path, never: Sequence[str]) -> int:
    """Add customers to suppress.csv who are not on it yet; return how many."""
    before = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    there = {cell.strip() for line in before.splitlines() for cell in line.replace(";", ",").split(",")}
    more = [customer for customer in never if customer not in there]
    if more:
        end = "" if not before or before.endswith("\n") else "\n"
        _write(path, before + end + "".join(f"{one}\n" for one in more))
    return len(more)


def _refuse_twice_in(folder: Path, settings: Settings, campaigns: set[str]) -> None:
    """Refuse campaigns that another file of the contacts already holds, as where campaign.csv was copied."""
    table = settings.tables.contacts
    for name in table.files if table else ():
        path = folder / name
        if name != CONTACTS and path.suffix == ".csv" and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if both := sorted(one for one in campaigns if one in text):
                raise CallError(
                    f"{name} holds {both[0]} already: take it out of tables.contacts.files;"
                    f" {CONTACTS} will hold it with the days of the calls."
                )
