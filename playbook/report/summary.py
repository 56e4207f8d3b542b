"""The report's first page: the decision, what follows from it, and the appendix behind it."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from playbook.archive import findings as found
from playbook.archive.findings import Findings
from playbook.archive.folders import INDEX
from playbook.chapter import Chapter
from playbook.chapters.churn import backtest
from playbook.chapters.data import intake
from playbook.chapters.measurement import responses
from playbook.chapters.measurement.design import LEAST_BUYERS
from playbook.chapters.occasional import words as occasional_words
from playbook.chapters.plan.decision import beyond_tested, headline, too_small
from playbook.chapters.plan.words import failed_kinds
from playbook.intake.client_file import unsettled
from playbook.offers.catalogue import ASSUMED_RATES, NAMED, PRICED_IN
from playbook.offers.names import CALLS_FILE
from playbook.report import deck, workbook
from playbook.run import notebooks, one_file, pages
from playbook.settings.client import Settings
from playbook.show.display import Say, Table
from playbook.show.words import Words


@dataclass(frozen=True)
class RunResults:
    """What a run has found so far, with the words to say it in.

    Attributes
    ----------
    chapters : dict
        Chapter number to its findings.
    """

    settings: Settings
    chapters: dict[str, Findings]
    manifest: dict[str, Any]
    unsettled: tuple[str, ...] = ()

    @property
    def words(self) -> Words:
        """The language, currency and terms of the report."""
        return self.settings.words


def write() -> None:
    """Write the first page, the appendix, the slides and the workbook into the folder of the running run."""
    folder = Path(os.environ["PLAYBOOK_RUN"])
    results = read(folder, Path(os.environ["PLAYBOOK_SETTINGS"]))
    say, nav = results.words.say, pages.navigation(folder, results.settings.language)
    executed = {path.stem: notebooks.read(path) for path in sorted((folder / "notebooks").glob("*.ipynb"))}
    labels = dict(zip(executed, (label for _, label in nav[1:]), strict=False))
    shown = [_picture(name, labels[name], executed[name]) for name in sorted(executed, key=_place)]
    further = [
        Markup('<h2 id="{}">{}</h2>\n{}').format(name, label, tables)
        for (name, notebook), label in zip(executed.items(), labels.values(), strict=True)
        if (tables := pages.shown_by(notebook, pages.APPENDIX))
    ]
    written = {
        INDEX: (
            say("Winning customers back"),
            body(results, Markup("").join(shown), {name[:2]: name for name in executed}),
        ),
        pages.APPENDIX_PAGE: (say("Appendix"), appendix(results, Markup("\n").join(further))),
    }
    for href, (title, content) in written.items():
        html = pages.page(
            title,
            content,
            nav=nav,
            active=href,
            language=results.settings.language,
            client=results.settings.client,
            as_of=pd.Timestamp(results.chapters["01"]["as_of"].value).date(),
        )
        (folder / href).write_text(html, encoding="utf-8")
    if deck.can_be_made():
        _write_slides(folder / one_file.SLIDES, results, executed, dict(nav))
    data = Path(os.environ["PLAYBOOK_DATA"])
    workbook.write(Chapter("99", results.manifest["client"], results.settings, folder, data))


def _write_slides(path: Path, results: RunResults, executed: dict[str, Any], labels: dict[str, str]) -> None:
    words = results.words
    pictures = [
        _on_a_slide(output, labels[f"{name}.html"], name[:2], words)
        for name in sorted(executed, key=_place)
        for output in pages.outputs(executed[name], pages.FIRST_PAGE)
        if pages.SVG in output.get("data", {})
    ]
    said = {title: [one.striptags() for one in items] for title, items in boxes(results).items()}
    as_of = words.say("Data as of {date}", date=_day(str(results.chapters["01"]["as_of"].value), words))
    deck.write(path, words, f"{results.settings.client}  ·  {as_of}", decision(results), said, pictures)


def _on_a_slide(output: dict[str, Any], label: str, number: str, words: Words) -> deck.Shown:
    """Return a picture as slides show it; one that says nothing of itself has its chapter's label."""
    about = output.get("metadata", {}).get(pages.SVG, {})
    source = words.say("From chapter {number}: {label}.", number=number, label=label)
    svg = "".join(output["data"][pages.SVG])
    return deck.Shown(svg, about.get("title") or label, about.get("alt") or label, source)


def _place(name: str) -> tuple[bool, str]:
    """Sort the plan's chapters before those that lead to it."""
    return name < "07", name


def _picture(name: str, label: str, notebook: Any) -> Markup:
    """Return what a chapter shows on the first page, each a link to the chapter."""
    link = Markup('<a href="{}.html">{}{} →</a>')
    shown = str(pages.shown_by(notebook, pages.FIRST_PAGE))
    return Markup(re.sub("<img[^>]*>", lambda image: link.format(name, Markup(image[0]), label), shown))


def read(folder: Path, settings: Path) -> RunResults:
    """Read what the chapters of a run have found."""
    chapters = {path.stem: found.read(path) for path in sorted((folder / "findings").glob("*.json"))}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    chosen = Settings.model_validate_json(settings.read_text(encoding="utf-8"))
    client = Path(os.environ["PLAYBOOK_DATA"]) / manifest["client"]
    return RunResults(chosen, chapters, manifest, tuple(unsettled(chosen, client)))


def body(results: RunResults, pictures: Markup, pages_of: dict[str, str]) -> Markup:
    """Return the first page: the decision, what follows from it with links to chapters, and the pictures."""
    inside = Markup("").join(
        Markup("<section><h2>{}</h2>{}</section>").format(_to(pages_of.get(chapter), title), _list(said))
        for chapter, (title, said) in zip(("07", "07", "08"), boxes(results).items(), strict=True)
        if said
    )
    return Markup(
        '<p class="decision">{}</p>\n<div class="boxes">{}</div>\n<div class="pictures">{}</div>'
    ).format(decision(results), inside, pictures)


def boxes(results: RunResults) -> dict[str, list[Markup]]:
    """Return what is done first, what could go wrong and when it is known, by title."""
    say = results.words.say
    return {
        say("Monday"): monday(results),
        say("What could go wrong"): what_could_go_wrong(results),
        say("When we know"): when_we_know(results),
    }


def _to(name: str | None, title: str) -> Markup:
    """Return a title as a link to a chapter's page, where there is one."""
    return Markup('<a href="{}.html">{}</a>').format(name, title) if name else _text(title)


def decision(results: RunResults) -> str:
    """Return the sentence that the page opens with."""
    words, chapters = results.words, results.chapters
    if "07" in chapters:
        assumed = chapters["04"]["inactivity_threshold"].verdict == "assumed"
        if assumed and chapters["07"]["plan_customers"].verdict == "nobody_selected":
            return words.say(
                "Whom to win back cannot be told: these data are too few to say after how much silence a"
                " customer is lost."
            )
        return headline(chapters["07"], words)
    if "04" not in chapters:
        return words.say("What to do cannot be told before the chapters on churn and on offers have run.")
    return words.say_many(
        "One customer is lapsed. Whether to win this customer back, and how, is for the chapter on offers to"
        " say.",
        "{n} customers are lapsed. Whom of them to win back, and how, is for the chapter on offers to say.",
        chapters["04"]["lapsed"].value,
    )


def monday(results: RunResults) -> list[Markup]:
    """Return who does what first, with the files to work from."""
    words, said = results.words, []
    plan, warning = results.chapters.get("07"), results.chapters.get("05")
    if plan and plan["plan_customers"].value:
        first = plan.get("pilot", plan["plan_customers"])
        by_voice = sum(plan[f"plan_{channel}"].value for channel in NAMED)
        files = [*([CALLS_FILE] if by_voice else []), "mailing/", "plan.csv", workbook.FILE]
        contacts = words.say_many(
            "One customer is contacted from {day} on: {files}.",
            "{n} customers are contacted from {day} on: {files}.",
            first.value,
            day=_day(plan["plan_start"].value, words),
            files="{files}",
        )
        said.append(_linked(contacts, {name: name for name in files}))
    if plan and plan["held_back"].value:
        said.append(
            _text(
                words.say_many(
                    "One customer, drawn by chance, is left alone: that is how it will be proved.",
                    "{n} customers, drawn by chance, are left alone: that is how it will be proved.",
                    plan["held_back"].value,
                )
            )
        )
    if warning and warning["watched"].value and warning["calls"].value:
        calls = words.say_many(
            "One customer about to leave is called: {files}.",
            "{n} customers about to leave are called: {files}.",
            warning["calls"].value,
            files="{files}",
        )
        said.append(_linked(calls, {CALLS_FILE: CALLS_FILE}))
    return said


def what_could_go_wrong(results: RunResults) -> list[Markup]:
    """Return what speaks against the decision, and what is wrong with the data."""
    words, chapters = results.words, results.chapters
    said: list[str] = []
    if plan := chapters.get("07"):
        said = [*failed_kinds(plan, words), *beyond_tested(plan, words), *too_small(plan, words)]
        if plan["plan_customers"].value:
            said += _what_is_taken_for_granted(results, plan)
    if {"07", "08"} <= set(chapters):
        said += responses.plan_cautions(chapters["08"], chapters["07"], words)
    if "03" in chapters:
        said += occasional_words.left_out_cautions(chapters["03"], words)
    if "04" in chapters:
        said += backtest.backtest_cautions(chapters["04"], words)
    found = intake.warnings(chapters["01"], words) if "01" in chapters else []
    notes = {"01_data.html": len(found), f"{pages.APPENDIX_PAGE}#notes": len(results.manifest["warnings"])}
    told = {
        "01_data.html": ("One warning about the data: {files}.", "{n} warnings about the data: {files}."),
        f"{pages.APPENDIX_PAGE}#notes": ("One note on this run: {files}.", "{n} notes on this run: {files}."),
    }
    names = {"01_data.html": words.say("Data"), f"{pages.APPENDIX_PAGE}#notes": words.say("Appendix")}
    return [_text(sentence) for sentence in said] + [
        _linked(words.say_many(*told[href], n, files="{files}"), {href: names[href]})
        for href, n in notes.items()
        if n
    ]


def _what_is_taken_for_granted(results: RunResults, plan: Findings) -> list[str]:
    """Word what the profit stands on that the client's data do not hold."""
    words, settings = results.words, results.settings
    share = words.percent(plan["break_even_response"].value)
    said = [
        words.say(
            "It pays only if the offers bring back at least {share} of the additional customers expected.",
            share=share,
        )
    ]
    if plan["catalogue_preset"].value:
        said.append(words.say("Offers and what they cost are the preset's, not the client's own."))
    if open_ := _not_settled(results):
        said.append(words.say("Assumed until somebody settles it: {what}.", what="; ".join(open_)))
    missing = str(results.chapters["01"]["columns_missing"].value).split()
    if "margin" in missing and settings.margin_rate < 1:
        rate = words.percent(settings.margin_rate)
        said.append(words.say("The data hold no margins: {rate} of revenue is taken.", rate=rate))
    if without := plan["unaddressed"].value:
        said.append(
            words.say_many(
                "One contact has no address: the export holds none for its channel.",
                "{n} contacts have no address: the export holds none for their channel.",
                without,
            )
        )
    if assumed := plan["consent_assumed"].value:
        said.append(
            words.say_many(
                "For one customer of the plan consent is assumed, not recorded.",
                "For {n} customers of the plan consent is assumed, not recorded.",
                assumed,
            )
        )
    out = plan.get("selection_leaves_out")
    if out and out.value:
        message = "The selection leaves out {n} of the {lapsed} lapsed."
        said.append(words.say(message, n=words.number(out.value), lapsed=words.number(out.n or 0)))
    return said


def _not_settled(results: RunResults) -> list[str]:
    """Word what decides on the profit and nobody has settled."""
    words, offers = results.words, results.settings.offers
    known = {
        "offers.budget": words.say("the budget of {amount}", amount=words.money(offers.budget)),
        "offers.exchange_rate": words.say(
            "the rate of the preset's prices, {rate} for 1 {currency}",
            rate=words.price(offers.exchange_rate or ASSUMED_RATES.get(words.currency, 1)),
            currency=PRICED_IN,
        ),
        "currency": words.say("the currency"),
        "preset": words.say("the kind of client"),
    }
    return [said for place, said in known.items() if place in results.unsettled]


def when_we_know(results: RunResults) -> list[Markup]:
    """Return when the plan can be judged, and what will show by then."""
    words, design = results.words, results.chapters.get("08", {})
    if "design_ready" not in design or "design_power_return" not in design:
        return []
    least, chance = design["design_least_return"].value, words.chance
    buyers = design["design_buyers"].value
    day = _text(
        words.say("On {day}, not before.", day=_day(design["design_ready"].value, words)),
    )
    if buyers < LEAST_BUYERS:
        few = words.say(
            "It will hardly be proved: about {buyers} would come back in the smaller group, and it takes"
            " {least}.",
            buyers=words.number(buyers),
            least=words.number(LEAST_BUYERS),
        )
        return [day, _text(few)]
    returns = words.say(
        "That more return: {planned} more of a hundred are planned; the chance that the test shows it is"
        " {chance}.",
        planned=words.points(float(design["design"].value)),
        chance=chance(design["design_power_return"].value),
    )
    pays = words.say(
        "That it pays: the chance to show it by then is {chance}.",
        chance=chance(design["design_power_margin"].value),
    )
    return [day, _text(returns), *([_text(pays)] if least is not None else [])]


def appendix(results: RunResults, tables: Markup) -> Markup:
    """Return the consultant's page: notes on the run, what it was made from, and further tables."""
    say, notes = results.words.say, [str(warning) for warning in results.manifest["warnings"]]
    parts = [
        Markup('<h2 id="notes">{}</h2>\n{}').format(say("Notes on this run"), _html(Say(notes, "warning")))
        if notes
        else Markup(""),
        Markup("<h2>{}</h2>\n{}").format(say("Where the numbers come from"), provenance(results)),
        tables,
    ]
    return Markup("\n").join(part for part in parts if part)


def provenance(results: RunResults) -> Markup:
    """Return the files that were read and what the run was made with."""
    words = results.words
    files = pd.DataFrame(
        [(name, digest[:12]) for name, digest in results.manifest["inputs"].items()],
        columns=["file", "sha256"],
    )
    columns = {"file": words.say("file"), "sha256": words.say("sha256, first 12 digits")}
    table = Table(files, words.say("Files read"), words, columns)
    made = words.say(
        "Playbook {version}, seed {seed}. The settings of this run have the sha256 {digest}; every number"
        " stands in findings/ and tables/ beside this page.",
        version=results.manifest["versions"]["playbook"],
        seed=results.settings.seed,
        digest=str(results.manifest["settings_sha256"])[:12],
    )
    return _html(table) + _html(Say([made]))


def _day(iso: str, words: Words) -> str:
    return words.date(date.fromisoformat(iso))


def _text(sentence: str) -> Markup:
    return Markup("{}").format(sentence)


def _linked(sentence: str, files: dict[str, str]) -> Markup:
    """Return a sentence with links in the place of ``{files}``."""
    links = [Markup('<a href="{}">{}</a>').format(href, name) for href, name in files.items()]
    return _text(sentence).format(files=Markup(", ").join(links))


def _list(items: Sequence[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(one) for one in items))


def _html(shown: Table | Say) -> Markup:
    """Mark as HTML what escapes its own text."""
    return Markup(shown._repr_html_())
