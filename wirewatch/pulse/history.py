"""What the beats have seen of the line, kept minute by minute for four weeks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wirewatch.models import Metric
from wirewatch.pulse.trouble import Look

MINUTES_KEPT = 28 * 24 * 60
"""Each minute has a place of its own, and takes that of four weeks before: what is kept never grows."""

LAG, DEAD_LETTERS, REFUSED_FOR, BEAT = "lag", "dead letters", "refused for", "beat"
WHOLE_LINE = "line"

FOR = "for: "
"""What the subject of a reason begins with, so that a chart can tell it from a consumer."""

REASONS_KEPT = 12
"""Reasons for refusals kept of each minute, those of most messages: each minute has so many places."""


def seen(look: Look) -> list[Metric]:
    """The figures of a beat: how far each consumer is behind, what it refused and why, how long the beat took.

    What could not be seen is left out.
    """
    return list(_seen(look))


def _seen(look: Look) -> Iterator[Metric]:
    for group, messages in (look.lag or {}).items():
        yield _metric(look, group, LAG, "messages", messages)
    for consumer, letters in (look.dead_letters or {}).items():
        yield _metric(look, consumer, DEAD_LETTERS, "messages", letters)
    most = sorted((look.refused_for or {}).items(), key=lambda reason: (-reason[1], reason[0]))[:REASONS_KEPT]
    for place, (reason, letters) in enumerate(most):
        yield _metric(look, FOR + reason, REFUSED_FOR, "messages", letters, place=str(place))
    if look.took_s is not None:
        yield _metric(look, WHOLE_LINE, BEAT, "seconds", round(look.took_s, 3))


def _metric(look: Look, subject: str, measure: str, statistic: str, value: float, *, place: str = "") -> Metric:
    minute = int(look.at.timestamp()) // 60 % MINUTES_KEPT
    return Metric(
        f"line-{measure.replace(' ', '-')}-{place or subject}-{minute}",
        look.at,
        "line",
        subject,
        measure,
        statistic,
        value,
    )
