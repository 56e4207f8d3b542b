"""All clients on one page, and, where it is asked for, what sets them apart on another."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from playbook.archive import findings as found
from playbook.archive import folders
from playbook.archive.findings import Finding, Findings
from playbook.run import batch, pages
from playbook.run.batch import Outcome
from playbook.settings.yaml import MOST
from playbook.show.words import Words

COMPARISON = "comparison.html"
FEWEST = 3
"""Clients in a comparison: with fewer, each could tell the other."""

_DECISIONS = {
    "do_it": "do it",
    "try_small": "try it small",
    "do_not": "do not",
    "unknown": "cannot be told",
}
_QUALITIES = {
    "trusted": "to be trusted",
    "with_care": "with care",
    "not_enough": "not enough",
}


@dataclass(frozen=True)
class Entry:
    """A client's latest good report, and how its latest run ended.

    Attributes
    ----------
    client : str
        The folder's name.
    status, problem : str
        As the portfolio shows it; the problem is empty where there is none.
    page : str
        The report's address, seen from the portfolio; empty where there is none.
    manifest, chapters : mapping
        The report's manifest, and its findings by chapter.
    """

    client: str
    status: str
    problem: str
    page: str
    manifest: Mapping[str, Any]
    chapters: Mapping[str, Findings]

    @property
    def words(self) -> Words:
        """The language of the portfolio, and the client's currency."""
        return Words(currency=self.manifest.get("currency") or Words().currency)

    def finding(self, chapter: str, name: str) -> Finding | None:
        """Return one number of the report; None where it has none."""
        finding = self.chapters.get(chapter, {}).get(name)
        return finding if finding and finding.value is not None else None


def read(reports: Path, clients: Sequence[str]) -> list[Entry]:
    """Read what is known of each client."""
    recorded = batch.read_record(reports)
    failed = set(batch.failed_before(reports, clients))
    return [_entry(reports, client, recorded.get(client), client in failed) for client in clients]


def write(reports: Path, entries: Sequence[Entry], compare: bool = False) -> list[Path]:
    """Write the portfolio, and the comparison where it is asked for; return the pages."""
    written = [_write(reports / folders.INDEX, "All clients", portfolio(entries))]
    if compare:
        written.append(_write(reports / COMPARISON, "Clients compared", comparison(entries)))
    return written


def portfolio(entries: Iterable[Entry]) -> Markup:
    """Return the table of all clients, and below it what went wrong."""
    entries = sorted(entries, key=lambda entry: entry.status != "failed")  # what needs a person comes first
    headings = ("client", "data as of", "decision", "expected profit", "lapsed value", "data", "latest run")
    table = _table("Every client by its latest good report", headings, [_row(entry) for entry in entries])
    note = Markup(
        '<p class="note">Expected profit: of the plan, after its costs, with its 90% interval. Lapsed value:'
        " the margin that customers who are now lapsed have brought so far. Data: the share of order lines"
        " that is used, and how far the report can be trusted.</p>"
    )
    problems = Markup("").join(
        Markup('<li id="problem-{0}"><strong>{0}</strong>: {1}</li>').format(entry.client, entry.problem)
        for entry in entries
        if entry.problem
    )
    below = Markup("\n<h2>What went wrong</h2>\n<ul>{}</ul>").format(problems) if problems else Markup("")
    return _counted(entries) + table + note + below


def _counted(entries: Sequence[Entry]) -> Markup:
    """Return how many clients there are by the end of their latest run, and when this was seen."""
    counts = Counter(entry.status for entry in entries)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    seen = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return Markup("<p>{}: {} in all, {}.</p>").format(seen, len(entries), told)


def comparison(entries: Iterable[Entry]) -> Markup:
    """Return the table of clients without names, in the order of their thresholds."""
    rows = sorted(filter(None, map(_compared, entries)))
    if len(rows) < FEWEST:
        return Markup("<p>{}</p>").format(
            f"A comparison without names takes {FEWEST} clients with a report or more; there are {len(rows)}."
        )
    words = Words()
    shown = [
        (str(number), words.number(threshold), words.percent(occasional), words.percent(back))
        for number, (threshold, occasional, back) in enumerate(rows, 1)
    ]
    headings = ("client", "days of silence until lapsed", "occasional buyers", "lapsed who come back unaided")
    note = (
        '<p class="note">Without names, from the quickest rhythm to the slowest. Occasional buyers: of all'
        " buyers. Lapsed who come back unaided: expected to order within the client's horizon, usually"
        " half a year, without an offer.</p>"
    )
    return _table("Clients without names, side by side", headings, shown) + Markup(note)


def _entry(reports: Path, client: str, recorded: Outcome | None, failed: bool) -> Entry:
    folder = _latest_good(reports / client)
    manifest = folders.read_manifest(folder) if folder else {}
    paths = sorted((folder / "findings").glob("[0-9][0-9].json")) if folder else []
    status = "failed" if failed else "good" if folder else "not run yet"
    return Entry(
        client=client,
        status=status,
        problem=_problem(reports / client, recorded) if failed else "",
        page=f"{client}/{folder.name}/{folders.INDEX}" if folder else "",
        manifest=manifest,
        chapters={path.stem: _findings(path) for path in paths},
    )


def _findings(path: Path) -> Findings:
    """Return a chapter's findings that are numbers that can be; none where the file was damaged."""
    try:
        read = found.read(path) if path.is_file() else {}
    except (OSError, ValueError):
        return {}
    return {name: one for name, one in read.items() if all(map(_can_be, (one.value, one.low, one.high)))}


def _can_be(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and abs(value) <= MOST)


def _latest_good(home: Path) -> Path | None:
    good = [
        folder for folder in folders.finished(home) if folders.read_manifest(folder).get("status") == "done"
    ]
    return max(good, default=None)


def _problem(home: Path, recorded: Outcome | None) -> str:
    """Return why the latest run failed: as a batch noted it, or as the failed run says."""
    if recorded and recorded.status == batch.FAILED:
        return recorded.said
    errors = [folders.read_manifest(folder).get("error") for folder in folders.finished(home)]
    return next((str(error.get("message") or "–") for error in errors if error), "")


def _row(entry: Entry) -> tuple[object, ...]:
    words, profit = entry.words, entry.finding("07", "plan_expected_profit")
    lapsed, quality = entry.finding("04", "lapsed_margin"), entry.finding("01", "data_quality")
    name = Markup("{}<br><small>{}</small>").format(entry.client, entry.manifest.get("name") or "")
    as_of, verdict = entry.manifest.get("as_of"), profit.verdict if profit else None
    return (
        Markup('<a href="{}">{}</a>').format(entry.page, name) if entry.page else entry.client,
        words.date(date.fromisoformat(as_of)) if as_of else "–",
        _DECISIONS.get(str(verdict), "–"),
        _with_interval(profit, words) if profit else "–",
        words.money(lapsed.value) if lapsed else "–",
        f"{words.percent(quality.value)}, {_QUALITIES.get(str(quality.verdict), '')}" if quality else "–",
        _status(entry),
    )


def _status(entry: Entry) -> Markup:
    """Return how the latest run ended, with the way to the reason, and when the report was made."""
    made = str(entry.manifest.get("finished") or "")[:10]
    if not entry.problem:
        return Markup("{}<br><small>{}</small>").format(entry.status, made)
    old = Markup("<br><small>figures of {}</small>").format(made) if made else Markup("")
    return Markup('<a href="#problem-{}">{}</a>{}').format(entry.client, entry.status, old)


def _with_interval(profit: Finding, words: Words) -> Markup:
    if profit.low is None or profit.high is None:
        return Markup("{}").format(words.money(profit.value))
    between = words.between(words.money(profit.low), words.money(profit.high))
    return Markup("{}<br><small>{}</small>").format(words.money(profit.value), between)


def _compared(entry: Entry) -> tuple[float, float, float] | None:
    """Return threshold, share of occasional buyers and comeback rate; None where one is not known."""
    threshold, lapsed = entry.finding("04", "inactivity_threshold"), entry.finding("04", "lapsed")
    occasional, buyers = entry.finding("03", "occasional"), entry.finding("01", "buyers")
    back = entry.finding("04", "returners_lapsed")
    if not (threshold and occasional and buyers and back and lapsed and buyers.value and lapsed.value):
        return None
    return threshold.value, occasional.value / buyers.value, back.value / lapsed.value


def _table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(heading) for heading in headings)
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row[1:])
        )
        for row in rows
    )
    return Markup(
        '<div class="table" tabindex="0" role="region" aria-label="{0}"><table class="playbook">'
        "<caption>{0}</caption><thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div>"
    ).format(caption, head, body)


def _write(path: Path, title: str, body: Markup) -> Path:
    html = pages.page(title, body, nav=[], active="", language="en", client="Playbook", as_of=None)
    folders.write_text(path, html.encode("utf-8", "replace").decode("utf-8"))  # a damaged name may be no text
    return path
