"""What a run did, in one line: for its note in Airflow's grid and for ``news-runs``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SUMMARY = "summarise"
"""The task that adds up what the others gave back: it must not be added to them."""

LONGEST = 1_000
"""Characters of a note; Airflow takes as many."""


def note_of(results: Mapping[str, Any], failed: Sequence[str] = ()) -> str:
    """The note of a run whose tasks gave back ``results``, by task; ``failed`` are the tasks that failed."""
    given = [one for task, one in results.items() if isinstance(one, dict) and task != SUMMARY]
    summary = results.get(SUMMARY)
    parts = [f"{', '.join(failed)} failed: the last line of its log says what to do"] if failed else []
    parts += [str(one["says"]) for one in given if one.get("says")]
    counts = [
        _sum(given, "published", "articles in"),
        _sum([summary] if summary else [], "new", "new"),
        _sum(given, "stored", "stored"),
        _sum(given, "sent", "sent again"),
        _refused(given),
        _sum(given, "alerts", "alerts"),
        _sum(given, "polled", "feeds asked"),
        _some(given, "failing", "of them failing"),
        _some(given, "by_age", "articles deleted by age"),
        _some(given, "by_size", "articles deleted by size"),
        _some(given, "log_files", "log files deleted"),
    ]
    for one in given:
        if one.get("cannot_be_read"):
            counts.append(f"{len(one['cannot_be_read'])} feeds cannot be read")
    parts += [", ".join(count for count in counts if count)]
    return "; ".join(part for part in parts if part)[:LONGEST] or "nothing to do"


def _sum(given: Sequence[Mapping[str, Any]], name: str, what: str) -> str:
    """The sum of a count where any task gives it, also when it is 0."""
    found = [one[name] for one in given if isinstance(one.get(name), int)]
    return f"{sum(found)} {what}" if found else ""


def _some(given: Sequence[Mapping[str, Any]], name: str, what: str) -> str:
    """The same, left out when it is 0."""
    total = sum(one[name] for one in given if isinstance(one.get(name), int))
    return f"{total} {what}" if total else ""


def _refused(given: Sequence[Mapping[str, Any]]) -> str:
    counts = [count for one in given for count in (one.get("refused_count"), one.get("refused"))]
    found = [count for count in counts if isinstance(count, int)]
    return f"{sum(found)} refused" if found else ""
