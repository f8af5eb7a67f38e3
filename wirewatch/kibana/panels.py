"""What a dashboard is made of, described: a panel is what is counted, by what, and what one should know about it.

A description names the fields of an index and nothing of Kibana's JSON; the other modules turn it into that.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from wirewatch.kibana.views import View

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
"""Colours that colour-blind people tell apart (Okabe and Ito, Color Universal Design, 2008)."""

Operation = Literal["count", "unique_count", "sum", "average", "max", "median", "percentile", "last_value"]
Format = Literal["number", "percent", "bytes"]


class Measure(msgspec.Struct, frozen=True):
    """A number over documents: ``operation`` of ``field``, over those that ``kql`` lets through, ``shift`` ago.

    ``percentile`` is which one, ``newest`` the field that says which value is the last. Without a ``color`` it is
    drawn in Kibana's.
    """

    operation: Operation
    field: str | None = None
    label: str = ""
    kql: str = ""
    shift: str = ""
    percentile: int = 95
    newest: str = "@timestamp"
    format: Format | None = None
    decimals: int = 0
    color: str = ""


class Formula(msgspec.Struct, frozen=True):
    """Two measures put together."""

    operation: Literal["divide", "subtract"]
    left: Measure
    right: Measure
    label: str = ""
    format: Format | None = None
    decimals: int = 0
    color: str = ""


class Terms(msgspec.Struct, frozen=True):
    """The ``size`` values of ``field`` with most of the first measure; ``pattern`` is a regular expression for them.

    With ``missing`` documents without the field are a value of their own.
    """

    field: str
    size: int = 10
    label: str = ""
    pattern: str = ""
    missing: bool = False


class Time(msgspec.Struct, frozen=True):
    """Steps of time, as wide as the time range asks for, or ``interval``."""

    field: str = "@timestamp"
    interval: str = "auto"
    label: str = "Time"


Bucket = Terms | Time
Number = Measure | Formula


class Chart(msgspec.Struct, frozen=True):
    """A panel that Lens draws: ``numbers`` by ``buckets``.

    ``to`` is the dashboard that a click leads to, with what was clicked as a filter; ``kql`` says of which documents
    it is; ``unfiltered`` is for what no filter of the dashboard is about.
    """

    title: str
    about: str
    view: View
    kind: Literal["number", "bars", "columns", "line", "table", "donut"]
    numbers: tuple[Number, ...]
    buckets: tuple[Bucket, ...] = ()
    kql: str = ""
    to: str = ""
    unfiltered: bool = False


class Sheet(msgspec.Struct, frozen=True):
    """A saved search: documents as a table, for Discover and for dashboards."""

    slug: str
    title: str
    about: str
    view: View
    columns: tuple[str, ...]
    sort: str = "@timestamp"
    kql: str = ""
    widths: dict[str, int] = {}


class Map(msgspec.Struct, frozen=True):
    """A saved map: countries shaded by the documents that name them, called ``noun``; cities and sites as points.

    A point's size counts the values of ``sized``, called ``sized_noun``, or documents where there is none. Documents
    with one of the terms of ``without`` are left out.
    """

    slug: str
    title: str
    about: str
    view: View
    noun: str
    sized: str | None = None
    sized_noun: str = ""
    without: tuple[dict[str, str], ...] = ()


Panel = Chart | Sheet | Map


class Row(msgspec.Struct, frozen=True):
    """Panels beside each other, ``height`` in Kibana's units of 20 pixels; ``widths`` are shares."""

    height: int
    panels: tuple[Panel, ...]
    widths: tuple[int, ...] = ()


class Control(msgspec.Struct, frozen=True):
    """A list of a field's values to choose from, above the dashboard."""

    title: str
    view: View
    field: str


class Board(msgspec.Struct, frozen=True):
    """A dashboard; it opens on what came since ``since``."""

    slug: str
    title: str
    about: str
    rows: tuple[Row, ...]
    controls: tuple[Control, ...]
    since: str = "now-24h"
    times: bool = True


def count(label: str = "Articles", *, kql: str = "", shift: str = "", color: str = "") -> Measure:
    """How many documents."""
    return Measure("count", label=label, kql=kql, shift=shift, color=color)


def unique(field: str, label: str, *, color: str = "") -> Measure:
    """How many different values."""
    return Measure("unique_count", field, label, color=color)


def share(kql: str, label: str, *, color: str = "") -> Formula:
    """Which part of the documents ``kql`` lets through."""
    return Formula("divide", count(kql=kql), count(), label, "percent", 1, color)


def percentile(field: str, which: int, label: str, *, color: str = "") -> Measure:
    """The value that ``which`` of 100 documents stay below."""
    return Measure("percentile", field, label, percentile=which, color=color)


def newest(field: str, label: str) -> Measure:
    """The latest moment."""
    return Measure("max", field, label)


def rise(label: str = "Rise", *, shift: str = "1w", kql: str = "") -> Formula:
    """How many documents more than in the same time ``shift`` ago."""
    return Formula("subtract", count(kql=kql), count(kql=kql, shift=shift), label)


NAMES_FIRST = (7, 5, 5, 5)
"""Widths of four panels whose first has bars with the names of actors, some of which are long."""


def row(height: int, *panels: Panel, widths: tuple[int, ...] = ()) -> Row:
    """A row of panels, equally wide where no ``widths`` are given."""
    return Row(height, panels, widths or (1,) * len(panels))


def number(title: str, about: str, view: View, what: Number, *, kql: str = "", unfiltered: bool = False) -> Chart:
    """One big number."""
    return Chart(title, about, view, "number", (what,), kql=kql, unfiltered=unfiltered)


def bars(title: str, about: str, view: View, by: Bucket, what: Number | None = None, *, to: str = "", kql: str = "",
         split: Bucket | None = None, unfiltered: bool = False) -> Chart:  # fmt: skip
    """A bar for each of the most frequent values, the longest first."""
    numbers = (what or count(view.name),)
    return Chart(title, about, view, "bars", numbers, (by, split) if split else (by,), kql, to, unfiltered)


def over_time(title: str, about: str, view: View, *what: Number, split: Bucket | None = None, kql: str = "",
              line: bool = False, time: Time | None = None, unfiltered: bool = False) -> Chart:  # fmt: skip
    """Columns, or a line, along the time."""
    buckets: tuple[Bucket, ...] = (time or Time(), split) if split else (time or Time(),)
    numbers = what or (count(view.name),)
    return Chart(title, about, view, "line" if line else "columns", numbers, buckets, kql, unfiltered=unfiltered)


def table(title: str, about: str, view: View, by: tuple[Bucket, ...], *what: Number, to: str = "", kql: str = "",
          unfiltered: bool = False) -> Chart:  # fmt: skip
    """A row for each of the most frequent values."""
    return Chart(title, about, view, "table", what, by, kql, to, unfiltered)


def donut(title: str, about: str, view: View, by: Bucket, what: Number | None = None, *, kql: str = "") -> Chart:
    """Parts of a whole."""
    return Chart(title, about, view, "donut", (what or count(view.name),), (by,), kql)
