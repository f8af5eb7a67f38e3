"""docs/performance.md: what `wirewatch bench --json` measured, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

Figures = Mapping[str, Any]


def page(default: Figures, without_model: Figures, *, machine: str, day: date) -> str:
    """The page of two runs of `wirewatch bench --json` on one ``machine``: of all stages as they are set by default,
    and of the stage ``line`` without the language model. Raises KeyError where one of the figures is missing.
    """
    return "\n".join(
        [
            *_head(machine, day),
            *_line(default, without_model),
            *_stages(default["stages"]),
            *_alerts(default["stages"]["alerts"]),
            *_memory(default["memory_mb"]),
            "",
        ]
    )


def _head(machine: str, day: date) -> Iterator[str]:
    yield from (
        "# How fast it is",
        "",
        "Written by `make performance`; measure again with `wirewatch bench`. Articles are made for it: some 500",
        "words, no sentence twice, names drawn by Zipf's law from the gazetteer and the knowledge base, one in ten in",
        "no list. All of it, servers, consumers and who measures, ran on one machine at once.",
        "",
        f"{day:%-d %B %Y}, {machine}.",
        "",
    )


def _line(default: Figures, without_model: Figures) -> Iterator[str]:
    yield from (
        "## The whole line, and the floor under it",
        "",
        "The floor is what the servers alone carry: the same bytes through the same topics into the same index, with",
        "the line's own batches, compression and bulk settings, and no work in between, in the same run.",
        "",
        "| | articles a second | slowest and fastest run | floor | of the floor |",
        "|---|---|---|---|---|",
    )
    for name, run in (("`WIREWATCH_NER=off`", without_model), ("default settings", default)):
        line, floor = run["line"], run["floor"]
        yield (
            f"| {name} | {line['articles_per_s']:.0f} | {line['slowest']:.0f} to {line['fastest']:.0f} "
            f"| {floor['articles_per_s']:.0f} | {run['line_of_floor']:.0%} |"
        )
    yield from ("", "Processor time an article, in milliseconds, by process:", "")
    yield from ("| process | without the model | default settings | floor |", "|---|---|---|---|")
    for name, spent in default["line"]["cpu_ms"].items():
        below = default["floor"]["cpu_ms"].get(name)
        yield (
            f"| {name} | {without_model['line']['cpu_ms'][name]:.2f} | {spent:.2f} "
            f"| {'' if below is None else format(below, '.2f')} |"
        )
    yield ""
    yield from _chart("Processor time an article without the model (ms)", without_model["line"]["cpu_ms"])


def _chart(title: str, values: Mapping[str, float]) -> Iterator[str]:
    names = ", ".join(f'"{name}"' for name in values)
    yield from (
        "```mermaid",
        "xychart-beta",
        f'    title "{title}"',
        f"    x-axis [{names}]",
        f"    bar [{', '.join(format(value, '.2f') for value in values.values())}]",
        "```",
        "",
    )


def _stages(stages: Figures) -> Iterator[str]:
    yield from ("## Each stage alone, on one core", "", "| stage | figure |", "|---|---|")
    for way, tagger in stages["tagger"].items():
        yield f"| tagger, model {way} | {tagger['articles_per_cpu_s']:.0f} articles a second of processor time |"
    rules = stages["rules"]
    yield (
        f"| {rules['rules']:,} rules | {rules['ms_per_article']:.2f} ms an article, folding included; "
        f"{rules['matching']:.0f} of them match it, {rules['sharing_a_word']:.0f} share a word with it |"
    )
    rss = stages["rss"]
    for name, poll in (("first", "all new"), ("second", "all unchanged")):
        ours = rss["wirewatch"][name]
        beside = f"; reader {rss['reader'][name]['took_s']:.1f} s" if "reader" in rss else ""
        yield (
            f"| {rss['feeds']:,} feeds of {rss['items']} items, {poll} (both cores) "
            f"| {ours['took_s']:.1f} s, {ours['cpu_s']:.1f} s of processor time{beside} |"
        )
    yield ""


def _alerts(alerts: Figures) -> Iterator[str]:
    yield from (
        "## From Kafka to a notification, and to a search that finds it",
        "",
        f"{alerts['rules']:,} rules, {alerts['articles_per_s']:.0f} articles a second; the line kept up with "
        f"{alerts['indexed_per_s']:.0f} of them. Then the same line idle.",
        "",
        "| | p50 | p95 | p99 | of |",
        "|---|---|---|---|---|",
    )
    for name, words in (("busy", "busy"), ("idle", "idle"), ("searchable", "busy, to a search")):
        one = alerts[name]
        times = " | ".join(f"{one[key]:.2f} s" for key in ("p50_s", "p95_s", "p99_s"))
        yield f"| {words} | {times} | {one['count']} |"
    yield ""


def _memory(memory_mb: Mapping[str, int]) -> Iterator[str]:
    yield from ("## Memory", "", "| process | MB |", "|---|---|")
    for name, held in memory_mb.items():
        yield f"| {name.removeprefix('line/')}{' in the line' if name.startswith('line/') else ' alone'} | {held} |"
