"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

_ABOUT = ((timedelta(days=730), 365, "y"), (timedelta(days=90), 30, "mo"), (timedelta(days=2), 1, "d"))


def number(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 article", "2 articles"."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def length(time: timedelta) -> str:
    """A length of time in its largest unit: "40 s", "5 min", "3 h", "12 d", "3 mo", "2 y"."""
    seconds = abs(time.total_seconds())
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    for least, days, unit in _ABOUT:
        if abs(time) >= least:
            return f"{abs(time).days // days} {unit}"
    return f"{seconds // 3600:.0f} h"


def ago(moment: datetime, *, now: datetime) -> str:
    """How long ago that was: "just now", "5 min ago", "in 2 h"."""
    if abs(now - moment) < timedelta(seconds=45):
        return "just now"
    return f"in {length(moment - now)}" if moment > now else f"{length(now - moment)} ago"


def clock(moment: datetime, *, now: datetime, zone: tzinfo = UTC) -> str:
    """The time in ``zone``, with its day where that is another than today's: "20:14", "24 Nov 20:14", "6 Feb 2023"."""
    moment = moment.astimezone(zone)
    if moment.date() == now.astimezone(zone).date():
        return f"{moment:%H:%M}"
    if abs(now - moment) < timedelta(days=200):
        return f"{moment.day} {moment:%b %H:%M}"
    return f"{moment.day} {moment:%b %Y}"


def full(moment: datetime, zone: tzinfo = UTC) -> str:
    """The whole time: "25 Nov 2026, 20:14 UTC"."""
    moment = moment.astimezone(zone)
    return f"{moment.day} {moment:%b %Y, %H:%M %Z}"


def change(now: int, before: int | None) -> tuple[str, str]:
    """How a count changed: a word for it (up, down, same, new) and how it is written; two empty ones where unknown."""
    if before is None:
        return "", ""
    if not before:
        return ("new", "new") if now else ("same", "=")
    if now == before:
        return "same", "="
    if now >= 3 * before:
        return "up", f"×{now / before:.0f}"
    share = round(100 * (now - before) / before)
    return ("up" if share >= 0 else "down"), f"{'+' if share >= 0 else '−'}{abs(share)} %"
