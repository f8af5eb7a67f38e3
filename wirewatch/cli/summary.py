"""The table at the end of `wirewatch run`, and where to look next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SHOWN = 8
REFUSED_SHOWN = 5


def show(summary: Mapping[str, Any], *, stays_up: bool, console: Console | None = None) -> None:
    """Print what the run did and what the news is about, for a person."""
    console = console or Console(highlight=False)
    overview = summary["overview"]
    console.print(_counts(summary))
    for line in summary["refused_inputs"][:REFUSED_SHOWN]:
        console.print(f"refused: {line}", markup=False, soft_wrap=True)
    console.print(_about(overview))
    if overview["top_stories"]:
        console.print(_stories(overview["top_stories"]))
    if summary["alerts"]:
        console.print(_alerts(summary["alerts"]))
    for line in _next_steps(summary, stays_up):
        console.print(line, markup=False, soft_wrap=True)


def _counts(summary: Mapping[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="What the run did", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    new, stored = summary["new"], summary["overview"]["articles"]
    table.add_row("articles in", str(summary["read"]), f"from {summary['files']} files")
    if summary["feeds_polled"]:
        failing = f", {summary['feeds_failing']} failing" if summary["feeds_failing"] else ""
        table.add_row("from feeds", str(summary["feed_articles"]), f"from {summary['feeds_polled']} feeds{failing}")
    table.add_row("tagged", str(summary["tagged"]), _elsewhere(summary))
    table.add_row("indexed", str(summary["indexed"]), f"[bold]{new} new[/], {stored} stored in all")
    table.add_row("refused", str(summary["refused"]), "")
    return table


def _elsewhere(summary: Mapping[str, Any]) -> str:
    """Where the rest was tagged: with `wirewatch up` the consumers that run already take their part."""
    rest = summary["published"] - summary["tagged"] - (summary["refused"] - len(summary["refused_inputs"]))
    return f"and {rest} by consumers that run already" if rest > 0 else ""


def _about(overview: Mapping[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="What the news is about", title_justify="left")
    for heading in ("top actors", "top places"):
        table.add_column(heading, overflow="ellipsis", max_width=40)
        table.add_column("articles", justify="right")
    pairs = zip_longest(_cells(overview["top_actors"]), _cells(overview["top_places"]), fillvalue=("", ""))
    for actor, place in pairs:
        table.add_row(*actor, *place)
    return table


def _stories(stories: Sequence[Sequence[Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Largest stories", title_justify="left")
    table.add_column("story", overflow="ellipsis", max_width=64, no_wrap=True)
    table.add_column("articles", justify="right", min_width=len("articles"))
    for row in _cells(stories):
        table.add_row(*row)
    return table


def _alerts(alerts: Sequence[Sequence[Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="What the rules found", title_justify="left")
    table.add_column("rule", overflow="ellipsis", max_width=40, no_wrap=True)
    table.add_column("stories", justify="right", min_width=len("stories"))
    table.add_column("such as", overflow="ellipsis", max_width=50, no_wrap=True)
    for name, stories, title in alerts[:SHOWN]:
        table.add_row(escape(str(name)), str(stories), escape(str(title)))
    return table


def _cells(counted: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    return [(escape(str(name)), str(number)) for name, number in counted][:SHOWN]


def _next_steps(summary: Mapping[str, Any], stays_up: bool) -> list[str]:
    word = next((name for name, _ in summary["overview"]["top_places"]), "election")
    steps = [] if stays_up else [("wirewatch up --detach", "bring the servers back; what was stored is still there")]
    if summary["refused"] > len(summary["refused_inputs"]):
        steps.append(("wirewatch dead-letters list", "what was refused on the line, and why"))
    if summary["alerts"]:
        steps.append(("wirewatch alerts log", "what the rules found, and why"))
    steps += [(f"wirewatch search {word!r}", "find articles"), ("wirewatch --help", "all commands")]
    return ["Where to look next:", *(f"  {command:<30}{what}" for command, what in steps)]
