"""Sliders in JupyterLab; in a report, where nobody can move them, the same as a small table."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from playbook.show.display import Table
from playbook.show.figures import Picture
from playbook.show.words import Words

if TYPE_CHECKING:
    from ipywidgets import VBox


@dataclass(frozen=True)
class Knob:
    """One setting that the reader may move.

    Attributes
    ----------
    label : str
        What stands beside the slider, with its unit.
    values : sequence
        The positions of the slider, in rising order.
    chosen : float, int or str
        Where the slider starts: the value that the rest of the chapter uses.
    text : callable
        From a value to the words that the reader sees.
    """

    label: str
    values: Sequence[Any]
    chosen: Any
    text: Callable[[Any], str] = str

    def positions(self) -> list[Any]:
        """Return the values, with the chosen one among them."""
        return list(self.values) if self.chosen in self.values else sorted([*self.values, self.chosen])


@dataclass(frozen=True)
class Answer:
    """What a setting of the knobs leads to.

    Attributes
    ----------
    cells : mapping
        One text by heading.
    draw : callable, optional
        Draws the picture. A table shows none, so that in a run nothing is drawn.
    """

    cells: Mapping[str, str]
    draw: Callable[[], Picture] | None = None


def explore(
    caption: str, ask: Callable[..., Answer], knobs: Mapping[str, Knob], words: Words
) -> "VBox | Table":
    """Show what changes when the knobs are moved.

    Parameters
    ----------
    ask : callable
        Takes every knob by name and returns an `Answer`; called again whenever a slider moves, so it
        should take less than half a second.
    knobs : mapping
        Name of the parameter of ``ask`` to its `Knob`.

    Returns
    -------
    VBox or Table
        In JupyterLab sliders with the answer below them. In a run (``PLAYBOOK_HEADLESS``) a table with a
        row for each position of each knob, the others where they were chosen.
    """
    if os.environ.get("PLAYBOOK_HEADLESS"):
        return over_settings(caption, ask, knobs, words)
    return _sliders(caption, ask, knobs, words)


def over_settings(caption: str, ask: Callable[..., Answer], knobs: Mapping[str, Knob], words: Words) -> Table:
    """Return a table of answers: one knob moved at a time, the others where they were chosen."""
    chosen = {name: knob.chosen for name, knob in knobs.items()}
    rows = [{words.say("setting"): words.say("as chosen")} | dict(ask(**chosen).cells)]
    for name, knob in knobs.items():
        for value in knob.positions():
            if value != knob.chosen:
                moved = {words.say("setting"): f"{knob.label}: {knob.text(value)}"}
                rows.append(moved | dict(ask(**chosen | {name: value}).cells))
    return Table(pd.DataFrame(rows), caption, words)


def _sliders(caption: str, ask: Callable[..., Answer], knobs: Mapping[str, Knob], words: Words) -> "VBox":
    import ipywidgets  # only where somebody can move them: it takes a while to import

    sliders = {
        name: ipywidgets.SelectionSlider(
            options=[(knob.text(value), value) for value in knob.positions()],
            value=knob.chosen,
            description=knob.label,
            continuous_update=False,
            style={"description_width": "16em"},
            layout={"width": "44em"},
        )
        for name, knob in knobs.items()
    }
    shown = ipywidgets.HTML()
    shown.add_class("jp-RenderedHTMLCommon")  # JupyterLab styles tables of that alone

    def redraw(*_: Any) -> None:
        answer = ask(**{name: slider.value for name, slider in sliders.items()})
        table = Table(pd.DataFrame([dict(answer.cells)]), caption, words)
        drawn = answer.draw().svg() if answer.draw else ""
        shown.value = table._repr_html_() + drawn

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([*sliders.values(), shown])
