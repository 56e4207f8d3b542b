"""The report's first page: the decision, the numbers behind it, and where they come from."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from playbook.archive import findings as found
from playbook.archive.findings import Findings
from playbook.archive.folders import INDEX
from playbook.chapter import Chapter
from playbook.chapters.churn import backtest, contract_words, lapsed, reasons, threshold, why_cancelled
from playbook.chapters.data import intake
from playbook.chapters.lifecycle import development
from playbook.chapters.lifecycle import words as stage_words
from playbook.chapters.measurement import design_page, loop, responses
from playbook.chapters.measurement import words as measurement_words
from playbook.chapters.occasional import words as occasional_words
from playbook.chapters.plan import decision as offer_decision
from playbook.chapters.plan import words as offer_words
from playbook.chapters.plan.selection import selection_sentences
from playbook.chapters.scoring import words as scoring_words
from playbook.chapters.warning import call_words
from playbook.chapters.warning import words as warning_words
from playbook.report import workbook
from playbook.run import pages
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

    @property
    def words(self) -> Words:
        """The language, currency and terms of the report."""
        return self.settings.words


def write() -> None:
    """Write ``index.html`` and the workbook into the folder of the running run."""
    folder = Path(os.environ["PLAYBOOK_RUN"])
    results = read(folder, Path(os.environ["PLAYBOOK_SETTINGS"]))
    language = results.settings.language
    html = pages.page(
        results.words.say("Winning customers back"),
        body(results),
        nav=pages.navigation(folder, language),
        active=INDEX,
        language=language,
        client=results.settings.client,
        as_of=pd.Timestamp(results.chapters["01"]["as_of"].value).date(),
    )
    (folder / INDEX).write_text(html, encoding="utf-8")
    data = Path(os.environ["PLAYBOOK_DATA"])
    workbook.write(Chapter("99", results.manifest["client"], results.settings, folder, data))


def read(folder: Path, settings: Path) -> RunResults:
    """Read what the chapters of a run have found."""
    chapters = {path.stem: found.read(path) for path in sorted((folder / "findings").glob("*.json"))}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return RunResults(Settings.model_validate_json(settings.read_text(encoding="utf-8")), chapters, manifest)


def body(results: RunResults) -> Markup:
    """Return the summary page's content, decision first."""
    say, words, chapters = results.words.say, results.words, results.chapters
    plan = chapters.get("07", {})
    parts = [
        Markup('<div class="decision"><p>{}</p></div>').format(decision(results)),
        key_figures(results),
        _section(
            say("What would change this advice"), offer_words.change_sentences(plan, words) if plan else []
        ),
        _section(
            say("Who gets an offer, and who does not"),
            offer_words.cancelled_sentences(plan, words) if plan else [],
            who_is_addressed(results),
        ),
        *(_section(title, said) for title, said in behind(results)),
        _section(say("What is assumed"), assumptions(results)),
        _section(say("What to keep in mind"), cautions(results), kind="warning"),
        _section(say("Where the numbers come from"), [], provenance(results)),
    ]
    return Markup("\n").join(part for part in parts if part)


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
        return offer_decision.decision_sentence(chapters["07"], words)
    if "04" not in chapters:
        return words.say("What to do cannot be told before the chapters on churn and on offers have run.")
    return words.say_many(
        "One customer is lapsed. Whether to win this customer back, and how, is for the chapter on offers to"
        " say.",
        "{n} customers are lapsed. Whom of them to win back, and how, is for the chapter on offers to say.",
        chapters["04"]["lapsed"].value,
    )


def key_figures(results: RunResults) -> Markup:
    """Return the row of large numbers."""
    words, chapters = results.words, results.chapters
    base, plan = chapters.get("04", {}), chapters.get("07", {})
    shown: list[tuple[str, str]] = []
    if plan and plan["plan_customers"].value:
        profit = plan["plan_expected_profit"]
        interval = words.between(words.money(profit.low or 0), words.money(profit.high or 0))
        shown += [
            (words.say("expected profit ({interval})", interval=interval), words.money(profit.value)),
            (words.say("expected spending"), words.money(plan["budget_used"].value)),
            (words.say("customers to contact"), words.number(plan["plan_customers"].value)),
        ]
    if base:
        lost, silent = lapsed.lost_customers(base), int(base["lapsed"].value)
        label = "customers lapsed" if lost == silent else "customers lapsed or cancelled"
        shown.append((words.say(label), words.number(lost)))
    items = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, number) for label, number in shown
    )
    return Markup('<dl class="keyfigures">{}</dl>').format(items) if shown else Markup("")


def who_is_addressed(results: RunResults) -> Markup:
    """Return the way from those who may be addressed to those who get an offer."""
    words, plan = results.words, results.chapters.get("07")
    if plan is None:
        return Markup("")
    names = offer_words.status_names(words)
    counts = {name: plan[name].value if name in plan else 0 for name in names}
    counts["planned"] = plan["plan_customers"].value - counts["later"]
    first = words.say("lapsed") if plan["selected"].verdict == "lapsed" else words.say("in the selection")
    rows = [(first, plan["selected"].value), *((names[name], n) for name, n in counts.items() if n)]
    table = Table(
        pd.DataFrame(rows, columns=["what", "customers"]),
        words.say("From those who may be addressed to those who get an offer"),
        words,
        {"what": "", "customers": (words.say("customers"), "number")},
    )
    return _html(table)


def behind(results: RunResults) -> list[tuple[str, list[str]]]:
    """Return what the chapters found, as sections of sentences in the chapters' order."""
    words, chapters = results.words, results.chapters
    sections: list[tuple[str, list[str]]] = []
    if "01" in chapters:
        sections.append((words.say("The data"), intake.sentences(chapters["01"], words)[:1]))
    if "02" in chapters:
        said = stage_words.stage_sentences(chapters["02"], words)
        said += development.development_sentences(chapters["02"], words)
        sections.append((words.say("In which stage they are"), said))
    share = results.settings.survival.share_of_returns
    if "04" in chapters:
        lost = threshold.threshold_sentences(chapters["04"], words, share)
        back = lapsed.lapsed_sentences(chapters["04"], words)
        sections.append((words.say("Who is lost, and who comes back unaided"), [*lost, *back]))
        why = reasons.reason_sentences(chapters["04"], words)
        why += contract_words.contract_sentences(chapters["04"], words)
        why += why_cancelled.why_cancelled_sentences(chapters["04"], words)
        sections.append((words.say("What goes with coming back or staying away"), why))
    if "03" in chapters:
        said = occasional_words.occasional_sentences(chapters["03"], words, share)
        sections.append((words.say("Who was only ever an occasional buyer"), said))
    if "05" in chapters:
        said = warning_words.headline(chapters["05"], words)
        said += call_words.call_sentences(chapters["05"], words)
        sections.append((words.say("Who is about to leave"), said))
    if "06" in chapters:
        said = scoring_words.scoring_sentences(chapters["06"], words)
        sections.append((words.say("Who is worth it"), said))
    if "08" in chapters:
        seen = chapters["08"]
        said = measurement_words.campaign_sentences(seen, words)
        said += responses.response_sentences(seen, words, results.settings.offers.use_measured)
        sections.append((words.say("Did earlier campaigns work, and does it last"), said))
        said = design_page.design_sentences(seen, words) + loop.chronicle_sentences(seen, words)
        sections.append((words.say("What the next test can show"), said))
    return sections


def assumptions(results: RunResults) -> list[str]:
    """Return what stands in for what the client's data do not hold."""
    words, chapters = results.words, results.chapters
    said = []
    if "margin" in str(chapters["01"]["columns_missing"].value).split() and results.settings.margin_rate < 1:
        rate = words.percent(results.settings.margin_rate, 1)
        said.append(
            words.say("The data hold no margins: {rate} of revenue is taken (margin_rate).", rate=rate)
        )
    if "07" in chapters:
        said += offer_words.assumed_sentences(chapters["07"], words)
        said += selection_sentences(results.settings.selection, chapters["07"], words)
    return said


def cautions(results: RunResults) -> list[str]:
    """Return what is wrong with the data, and which checks failed."""
    words, chapters = results.words, results.chapters
    said = intake.warnings(chapters["01"], words) if "01" in chapters else []
    if "03" in chapters:
        said += occasional_words.left_out_cautions(chapters["03"], words)
    if "04" in chapters:
        said += backtest.backtest_cautions(chapters["04"], words)
    if {"07", "08"} <= set(chapters):
        said += responses.plan_cautions(chapters["08"], chapters["07"], words)
    said += [str(warning) for warning in results.manifest["warnings"]]
    return said or [words.say("No check failed.")]


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


def _section(
    title: str, sentences: Sequence[str], content: Markup | None = None, kind: str = "say"
) -> Markup:
    """Return a section, or nothing where it would be empty."""
    inside = _html(Say(sentences, kind)) + (content or Markup(""))
    return Markup("<h2>{}</h2>\n{}").format(title, inside) if inside else Markup("")


def _html(shown: Table | Say) -> Markup:
    """Mark as HTML what escapes its own text."""
    return Markup(shown._repr_html_())
