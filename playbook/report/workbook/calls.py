"""``calls.xlsx``: what callers and visitors work from, and write down in it what came of each call.

One sheet for the calls of the plan, one for those of early warning, one that counts what is done and says
how to hand it in. `playbook done` reads it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from playbook.chapter import Chapter
from playbook.chapters.warning.openings import call_words, promise, promises, usual_caller
from playbook.offers import catalogue
from playbook.offers.first_words import as_most_speak, speaks
from playbook.offers.known import region_of, to_dial, what_is_known
from playbook.offers.names import (
    CALL_BACK_ON,
    CALLED_ON,
    CALLS_FILE,
    OUTCOME,
    call_headings,
    call_sheets,
    outcome_names,
)
from playbook.offers.window import Window
from playbook.report.workbook.columns import SheetColumn, choose_columns
from playbook.report.workbook.sheets import HEAD, POINTS_PER_LINE, Page, RoomySheet, visible
from playbook.report.workbook.styles import Styles, make_styles
from playbook.settings.client import Settings
from playbook.stats.trials.earlier import read_plan

WORKING_DAYS = 5
COLUMNS = (
    *("caller", "customer_id", "name", "dial", "speaks", "until", "know", "first_words", "promise"),
    *(OUTCOME, CALLED_ON, CALL_BACK_ON, "notes"),
)
WIDTHS = {
    "caller": 11,
    "until": 10,
    "customer_id": 9,
    "name": 14,
    "dial": 14,
    "speaks": 4,
    "know": 22,
    "first_words": 34,
    "promise": 16,
    OUTCOME: 11,
    CALLED_ON: 10,
    CALL_BACK_ON: 10,
    "notes": 14,
}


@dataclass(frozen=True)
class CallSheet(RoomySheet):
    """A sheet of calls, upright on paper, whose last columns are for the caller to fill in."""

    outcomes: Sequence[str] = ()

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        super().write(page, styles)
        page.set_portrait()
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        last = HEAD + max(len(self.frame), 1)
        page.merge_range(0, 0, 0, len(self.shown) - 1, self.sentence, styles["wrap"])
        page.set_row(0, 2 * POINTS_PER_LINE + 3)
        dial = [column.name for column in self.shown].index("dial")
        unsure = {"type": "text", "criteria": "not containing", "value": "+", "format": styles["unsure"]}
        page.conditional_format(HEAD + 1, dial, last, dial, unsure)
        line = {"type": "no_errors", "format": styles["line"]}
        page.conditional_format(HEAD + 1, 0, last, len(self.shown) - 1, line)
        day = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
        rules = {
            OUTCOME: {"validate": "list", "source": list(self.outcomes)},
            CALLED_ON: day,
            CALL_BACK_ON: day,
        }
        for position, column in enumerate(self.shown):
            if column.name in rules and len(self.frame):
                page.data_validation(HEAD + 1, position, HEAD + len(self.frame), position, rules[column.name])

    def column(self, name: str) -> str:
        """Return the cells of a column as a formula names them."""
        position = [column.name for column in self.shown].index(name)
        cells = xl_range_abs(HEAD + 1, position, HEAD + max(len(self.frame), 1), position)
        return f"'{self.title}'!{cells}"


def write(run: Chapter, frame: pd.DataFrame) -> None:
    """Write calls.xlsx into the run's folder, whole or not at all.

    Parameters
    ----------
    frame : DataFrame
        The customer table, with the personal columns that the client has.
    """
    words, partial = run.words, run.folder / "calls.partial"
    sheets = [plan_calls(run, frame), early_calls(run, frame)]
    with xlsxwriter.Workbook(partial, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        name = visible(run.settings.client)
        book.set_properties({"title": name, "created": datetime(*run.as_of.timetuple()[:3])})
        styles = make_styles(book, words)
        for sheet in sheets:
            sheet.write(book.add_worksheet(sheet.title, Page), styles)
        _write_done(book.add_worksheet(call_sheets(words)["done"], Page), styles, run, sheets)
    partial.replace(run.folder / CALLS_FILE)


def _write_done(page: Any, styles: Styles, run: Chapter, sheets: Sequence[CallSheet]) -> None:
    """Write what each outcome means and how often it was chosen, and how the file is handed in."""
    words, say = run.words, run.words.say
    means = {
        "reached": say("talked to, nothing settled"),
        "no_answer": say("tried, not reached"),
        "agreed": say("took up the offer, or will order"),
        "refused": say("does not want this offer"),
        "call_back": say("talk again on the day beside it"),
        "never": say("goes on suppress.csv: never contacted again by any channel"),
    }
    page.write_string(0, 0, say("What was done"), styles["title"])
    hand_in = "playbook done {client} {file}"
    page.write_string(
        1,
        0,
        say(
            "Choose an outcome and write the day for every call that was made, save, and hand the file in:"
            " {command}. It may be handed in again as it fills up.",
            command=hand_in.format(client=run.client, file=CALLS_FILE),
        ),
    )
    page.write_row(3, 0, [say("outcome"), say("what it means"), *(s.title for s in sheets)], styles["head"])
    for row, (code, named) in enumerate(outcome_names(words).items(), start=4):
        page.write_string(row, 0, named, styles["wrap"])
        page.write_string(row, 1, means[code], styles["wrap"])
        for position, sheet in enumerate(sheets, start=2):
            page.write_formula(row, position, f'=COUNTIF({sheet.column(OUTCOME)},"{named}")')
    for row, told in enumerate((run.client, run.as_of.isoformat()), start=12):
        page.write_string(row, 0, [say("client"), say("data as of")][row - 12])
        page.write_string(row, 1, told)
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 46)
    page.set_column(2, 3, 14)
    page.set_portrait()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _call_sheet(
    run: Chapter, settings: Settings, kind: str, listed: pd.DataFrame, sentence: str
) -> CallSheet:
    """Return a sheet of those with a number first; who has none cannot be called, and stands at the end."""
    words = run.words
    texts = listed["phone"] if "phone" in listed else pd.Series(None, listed.index, dtype=object)
    dial = to_dial(texts, region_of(settings))
    said = [sentence if len(listed) else words.say("Nobody is to be called.")]
    if missing := int(dial["number"].isna().sum()):
        said.append(
            words.say_many(
                "For one of them the export has no telephone number: at the end of the list.",
                "For {n} of them the export has no telephone number: at the end of the list.",
                missing,
            )
        )
    if unsure := int((dial["number"].notna() & ~dial["sure"]).sum()):
        said.append(
            words.say_many(
                "One number, in yellow, is none that can be dialled, and stands as in the export.",
                "{n} numbers, in yellow, are none that can be dialled, and stand as in the export.",
                unsure,
            )
        )
    sheet = listed.assign(
        dial=dial["number"],
        speaks=speaks(listed, settings),
        know=what_is_known(listed, settings),
        **{name: None for name in (OUTCOME, CALLED_ON, CALL_BACK_ON, "notes")},
    )
    sheet = sheet.iloc[dial["number"].isna().to_numpy().argsort(kind="stable")].reset_index(drop=True)
    headings = call_headings(words)
    kinds = {CALLED_ON: "date", CALL_BACK_ON: "date"}
    described = choose_columns(words, *(name for name in COLUMNS if name not in headings))
    described += [SheetColumn(name, said, kinds.get(name, "text"), "") for name, said in headings.items()]
    by_name = {column.name: column for column in described}
    by_name |= {name: replace(by_name[name], kind="long") for name in ("caller", "name") if name in by_name}
    return CallSheet(
        call_sheets(words)[kind],
        " ".join(said),
        sheet,
        [by_name[name] for name in COLUMNS],
        widths=WIDTHS,
        outcomes=tuple(outcome_names(words).values()),
    )


def plan_calls(run: Chapter, frame: pd.DataFrame) -> CallSheet:
    """Return the sheet for those who call or visit: whom, what to know, what to say, what came of it."""
    words = run.words
    plan = read_plan(run.folder, dates=["week", "contact_by"])
    plan = plan[plan["channel"].isin(catalogue.NAMED)]
    facts = [name for name in frame if name == "customer_id" or name not in plan]
    listed = plan.merge(frame[facts], on="customer_id", how="left")
    listed = listed.sort_values(["responsible", "week", "rank"], ignore_index=True)
    offers = {offer.name: offer for offer in catalogue.load(run.settings, run.client_folder)}
    listed = listed.assign(
        caller=listed["responsible"],
        until=listed["contact_by"],
        promise=[promise(offers[name], words) for name in listed["offer"]],
    )
    sentence = words.say_many(
        "{n} customer to call or visit. Listen first; who asks to be left in peace is left in peace.",
        "{n} customers to call or visit. Listen first; who asks to be left in peace is left in peace.",
        len(listed),
    )
    return _call_sheet(run, as_most_speak(run.settings, frame), "plan", listed, sentence)


def early_calls(run: Chapter, frame: pd.DataFrame) -> CallSheet:
    """Return the sheet of the calls before somebody leaves.

    Nobody without consent for a call, on the suppression list or held back is in it: chapter 05 has not
    given them a place.
    """
    words, say = run.words, run.words.say
    settings = as_most_speak(run.settings, frame)
    ranked = frame if "call_rank" in frame else frame.assign(call_rank=None, call_kind=None, caller=None)
    listed = ranked[ranked["call_rank"].notna()].sort_values("call_rank", ignore_index=True)
    offers = catalogue.load(run.settings, run.client_folder)
    kinds = listed["call_kind"]
    usual = kinds.map(lambda kind: usual_caller(offers, kind) or say("customer service"))
    monday = Window(run.as_of, 1).start
    friday = monday + timedelta(days=WORKING_DAYS - 1)
    listed = listed.assign(
        until=kinds.map(lambda kind: monday if kind == "cancellation" else friday),
        caller=listed["caller"].where(listed["caller"].notna(), usual),
        first_words=call_words(listed, settings),
        promise=promises(kinds, offers, words),
    )
    sentence = words.say_many(
        "{n} customer to call in the week of {monday}, before the customer leaves. Listen, and sell nothing.",
        "{n} customers to call in the week of {monday}, before they leave, those with most at stake first."
        " Listen, and sell nothing.",
        len(listed),
        monday=words.date(monday),
    )
    return _call_sheet(run, settings, "early", listed, sentence)
