"""The report's first page: the decision, the numbers behind it, and where they come from."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from playbook import checks, churn, comebacks, report
from playbook import findings as found
from playbook.display import Say, Table
from playbook.findings import Findings
from playbook.runs import INDEX
from playbook.settings import Settings
from playbook.wording import Words


@dataclass(frozen=True)
class Told:
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
        """The language and currency of the report."""
        return Words(self.settings.language, self.settings.currency)


def write() -> None:
    """Write ``index.html`` into the folder of the running run."""
    folder = Path(os.environ["PLAYBOOK_RUN"])
    told = read(folder, Path(os.environ["PLAYBOOK_SETTINGS"]))
    language = told.settings.language
    html = report.page(
        told.words.say("Winning customers back"),
        body(told),
        nav=report.navigation(folder, language),
        active=INDEX,
        language=language,
        client=told.settings.client,
        as_of=pd.Timestamp(told.chapters["01"]["as_of"].value).date(),
    )
    (folder / INDEX).write_text(html, encoding="utf-8")


def read(folder: Path, settings: Path) -> Told:
    """Read what the chapters of a run have found."""
    chapters = {path.stem: found.read(path) for path in sorted((folder / "findings").glob("*.json"))}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Told(Settings.model_validate_json(settings.read_text(encoding="utf-8")), chapters, manifest)


def body(told: Told) -> Markup:
    """Return the summary page's content, decision first."""
    say = told.words.say
    parts = [
        decision(told),
        key_figures(told),
        _section(say("What we found"), _paragraphs(behind(told))),
        _section(say("What to keep in mind"), _paragraphs(cautions(told), "warning")),
        _section(say("Where the numbers come from"), provenance(told)),
    ]
    return Markup("\n").join(part for part in parts if part)


def decision(told: Told) -> Markup:
    """Return the box with the decision."""
    words, chapters = told.words, told.chapters
    if "04" not in chapters:
        return Markup("")
    base = chapters["04"]
    lapsed, back = base["lapsed"], base["returners_lapsed"]
    if not lapsed.value:
        text = words.say("Nobody is lapsed: there is nobody to win back today.")
    elif back.verdict == "unknown":
        text = words.say(
            "{n} customers are lapsed. Whether winning them back would pay cannot be told from these data.",
            n=words.number(lapsed.value),
        )
    else:
        text = words.say(
            "{n} customers are lapsed. About {back} of them come back without any offer: speak to the others,"
            " and soon.",
            n=words.number(lapsed.value),
            back=words.number(back.value),
        )
    return Markup('<div class="decision"><p>{}</p></div>').format(text)


def key_figures(told: Told) -> Markup:
    """Return the row of large numbers."""
    words, chapters = told.words, told.chapters
    data, base = chapters.get("01", {}), chapters.get("04", {})
    shown: list[tuple[str, str]] = []
    if data:
        shown.append((words.say("customers who ordered"), words.number(data["buyers"].value)))
    if base:
        threshold = base["inactivity_threshold"]
        shown += [
            (words.say("lapsed"), words.number(base["lapsed"].value)),
            (words.say("days of silence until lapsed"), words.number(threshold.value)),
            (words.say("margin the lapsed once brought"), words.money(base["lapsed_margin"].value)),
        ]
    items = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, number) for label, number in shown
    )
    return Markup('<dl class="keyfigures">{}</dl>').format(items)


def behind(told: Told) -> list[str]:
    """Return the sentences of the chapters, in their order."""
    words, chapters = told.words, told.chapters
    said: list[str] = []
    if "01" in chapters:
        said += checks.sentences(chapters["01"], words)[:1]
    if "04" in chapters:
        said += churn.threshold_sentences(chapters["04"], words)
        said += comebacks.base_sentences(chapters["04"], words)
    return said


def cautions(told: Told) -> list[str]:
    """Return what is wrong with the data, and which checks failed."""
    words, chapters = told.words, told.chapters
    said = checks.warnings(chapters["01"], words) if "01" in chapters else []
    if "04" in chapters:
        said += comebacks.backtest_cautions(chapters["04"], words)
    said += [str(warning) for warning in told.manifest["warnings"]]
    return said or [words.say("No check failed.")]


def provenance(told: Told) -> Markup:
    """Return the files that were read and what the run was made with."""
    words = told.words
    files = pd.DataFrame(
        [(name, digest[:12]) for name, digest in told.manifest["inputs"].items()], columns=["file", "sha256"]
    )
    headings = {"file": words.say("file"), "sha256": words.say("sha256, first 12 digits")}
    table = Table(files, words.say("Files read"), words, headings=headings)
    made = words.say(
        "Playbook {version}, seed {seed}. The settings of this run have the sha256 {digest}; every number stands"
        " in findings/ and tables/ beside this page.",
        version=told.manifest["versions"]["playbook"],
        seed=told.settings.seed,
        digest=str(told.manifest["settings_sha256"])[:12],
    )
    return _html(table) + _paragraphs([made])


def _section(title: str, content: Markup) -> Markup:
    return Markup("<h2>{}</h2>\n{}").format(title, content)


def _paragraphs(sentences: Sequence[str], kind: str = "say") -> Markup:
    return _html(Say(sentences, kind))


def _html(shown: Table | Say) -> Markup:
    """Mark as HTML what escapes its own text."""
    return Markup(shown._repr_html_())
