"""Figures in one look: the title says the finding, and whoever cannot see it reads what it shows."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
import seaborn.objects as so
from cycler import cycler
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from playbook.show.words import Words

BLUE, ORANGE, GREY, GREEN, PURPLE = "#0072B2", "#D55E00", "#6B7280", "#009E73", "#CC79A7"
"""Okabe and Ito's colours, told apart by colour-blind readers."""
INK, PALE = "#374151", "#E5E7EB"
MOST_MONTHS = 6
"""Names of months that fit below a figure."""

THEME: dict[Any, Any] = sns.axes_style("whitegrid") | {
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlecolor": "#1F2937",
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "axes.grid.axis": "y",
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE, GREY]),
    "grid.color": PALE,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "playbook",  # the same figure gives the same bytes
    "svg.fonttype": "path",
}


@dataclass(frozen=True)
class Picture:
    """A figure with words that say what it shows to those who cannot see it."""

    figure: Figure
    alt: str

    def svg(self) -> str:
        """Return the figure as SVG; the same figure gives the same bytes."""
        buffer = io.StringIO()
        self.figure.set_dpi(72)  # of SVG; what saves a figure would draw it twice for its layout
        with mpl.rc_context(THEME):
            FigureCanvasSVG(self.figure).print_svg(buffer, metadata={"Date": None})  # type: ignore[no-untyped-call]
        return buffer.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        text, title = "image/svg+xml", self.figure.get_suptitle()
        return {text: self.svg(), "text/plain": self.alt}, {text: {"alt": self.alt, "title": title}}


@dataclass(frozen=True)
class Pictures:
    """Several pictures, one below the other, each with its own words."""

    shown: Sequence[Picture]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(*self.shown)  # type: ignore[no-untyped-call]


def new_figure(
    title: str, width: float = 7.2, height: float = 3.8, rows: int = 1, columns: int = 1
) -> tuple[Figure, Any]:
    """Return an empty figure with a title, and its axes (an array where there are several)."""
    with mpl.rc_context(THEME):
        figure = Figure(figsize=(width, height))
        axes = figure.subplots(rows, columns)
        figure.suptitle(title, x=0.01, ha="left", wrap=True, gid="title")
    return figure, axes


def intervals(
    title: str,
    rows: pd.DataFrame,
    colors: Mapping[str, str],
    words: Words,
    *,
    across: str,
    centre: float = 1,
    at_least: tuple[float, float] | None = None,
) -> Figure:
    """Draw a dot with its interval for each row, against what would be no difference.

    Parameters
    ----------
    rows : DataFrame
        label (the words beside the line), value, low, high (numbers), verdict; drawn from the top.
    colors : mapping
        Verdict to colour.
    across : str
        What the values are, below the axis.
    centre : float
        No difference: 1 of ratios, which are drawn on a logarithmic scale, 0 of differences.
    at_least : tuple of float, optional
        Span of the axis, which grows where an interval is wider.
    """
    figure, axes = new_figure(title, height=1.4 + 0.34 * len(rows))
    ratios = centre != 0
    with mpl.rc_context(THEME):
        plot = so.Plot(rows, x="value", y="label", xmin="low", xmax="high", color="verdict")
        plot = plot.add(so.Range(), orient="y", legend=False).add(
            so.Dot(pointsize=6), orient="y", legend=False
        )
        plot.scale(color=so.Nominal(dict(colors))).label(x=across, y="").on(axes).plot()
    axes.axvline(centre, color=GREY, linewidth=0.8)
    if ratios:  # set on the axes: as a scale of the plot it would not reach the intervals
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20], minor=False)
        axes.xaxis.set_minor_formatter(lambda *_: "")
    if at_least:
        low, high = rows["low"].min(), rows["high"].max()
        axes.set_xlim(min(at_least[0], low / 1.1), max(at_least[1], high * 1.1))
    axes.xaxis.set_major_formatter(lambda value, _: words.number(value, 0 if ratios and value >= 1 else 1))
    return figure


def percent_axis(axis: Any, words: Words) -> None:
    """Write the marks of an axis as percentages."""
    axis.set_major_formatter(lambda share, _: words.percent(share))


def compact_axis(axis: Any, words: Words) -> None:
    """Write the marks of an axis in short form, such as 2.5M."""
    axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))  # 1,250 would be written 1.2K
    axis.set_major_formatter(lambda value, _: words.compact(value))


def show_months(axes: Any, months: Sequence[Any], words: Words) -> None:
    """Name some of the months below the axes, evenly spaced and the last among them, and shorten counts."""
    shown = months[:: -max(-(-len(months) // MOST_MONTHS), 1)]
    axes.set(xlabel="", ylabel="")
    axes.set_xticks(shown, [words.month(month) for month in shown])
    compact_axis(axes.yaxis, words)
