"""What is wrong with the line, told once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from html import escape

import msgspec

from wirewatch.alerts.message import Message
from wirewatch.feeds.state import FeedState, in_words
from wirewatch.models import Alert
from wirewatch.settings import Settings
from wirewatch.text import digest

Troubles = dict[str, str]
"""What is wrong: its kind, with what it concerns behind a colon, and a line for a person."""

ENDS_UNASKED = timedelta(days=1)
"""A feed that should have been polled so long ago was taken out of the list."""

SLOW_LANE = "tagger-bulk"
"""What waits there is old material: it may wait."""


class Look(msgspec.Struct, frozen=True):
    """What was seen of the line at one beat; None is what could not be seen.

    ``kafka`` and ``elasticsearch`` say why they cannot be reached, and are empty where they can. ``took_s`` is how long
    the beat took, ``at_work`` the processes of each group, ``lag`` the messages that each is behind, ``dead_letters``
    those of each consumer, ``refused_for`` the same by kind of reason, ``undelivered`` alerts that a channel has not
    taken, ``feeds`` all that were ever polled.
    """

    at: datetime
    kafka: str = ""
    elasticsearch: str = ""
    took_s: float | None = None
    at_work: Mapping[str, int] | None = None
    lag: Mapping[str, int] | None = None
    dead_letters: Mapping[str, int] | None = None
    refused_for: Mapping[str, int] | None = None
    undelivered: tuple[Alert, ...] | None = None
    feeds: tuple[FeedState, ...] | None = None


class Told(msgspec.Struct, frozen=True):
    """What the operations channel knows: the troubles of the last beat; kept between two runs."""

    at: datetime | None = None
    took_s: float | None = None
    troubles: Troubles = {}


class Change(msgspec.Struct, frozen=True):
    """What is new since the operations channel was told last."""

    begun: Troubles
    over: Troubles

    def __bool__(self) -> bool:
        return bool(self.begun or self.over)


def troubles(look: Look, settings: Settings) -> Troubles:
    """Everything that is wrong, or past its limit."""
    found: Troubles = {}
    if look.kafka:
        found["kafka"] = look.kafka
    if look.elasticsearch:
        found["elasticsearch"] = look.elasticsearch
    if not found and look.took_s is None:
        found["pulse"] = _no_pulse(look, settings)
    for group, behind in (look.lag or {}).items():
        if behind > settings.lag_limit and group != SLOW_LANE:
            found[f"lag:{group}"] = f"{group} is {behind} messages behind"
    for consumer, letters in (look.dead_letters or {}).items():
        if letters > settings.dead_letters_limit:
            found[f"dead letters:{consumer}"] = (
                f"{consumer} has refused {letters} messages: wirewatch dead-letters list"
            )
    return found | _channels(look, settings) | _feeds(look, settings)


def changed(told: Told, look: Look, settings: Settings) -> tuple[Change, Told]:
    """What is to be said, and what is known once it was; of what could not be seen nothing has changed."""
    present = troubles(look, settings)
    unseen = {key: line for key, line in told.troubles.items() if key not in present and not _seen(key, look)}
    change = Change(
        {key: line for key, line in present.items() if key not in told.troubles},
        {key: line for key, line in told.troubles.items() if key not in present and key not in unseen},
    )
    return change, Told(look.at, look.took_s, unseen | present)


def message_of(change: Change, *, at: datetime) -> Message:
    """The one message that says what has begun and what is over."""
    title = "wirewatch: " + "; ".join(
        part
        for part in (_first("trouble", change.begun), _first("over", change.over))
        if part
    )  # fmt: skip
    lines = [*change.begun.values(), *(f"over: {line}" for line in change.over.values())]
    return Message(
        id=digest("operations", at.isoformat(), *change.begun, *change.over),
        title=title,
        text="\n".join(lines),
        markdown="\n".join(f"- {line}" for line in lines),
        html="<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>",
    )


def _first(word: str, some: Troubles) -> str:
    if not some:
        return ""
    kinds = list(some)
    more = f" and {len(kinds) - 1} more" if len(kinds) > 1 else ""
    return f"{word}, {kinds[0]}{more}"


def _seen(key: str, look: Look) -> bool:
    """Whether this beat could see how it is with this trouble."""
    kind = key.partition(":")[0]
    if kind in ("kafka", "elasticsearch"):
        return True
    if kind == "pulse":
        return not look.kafka and not look.elasticsearch
    return {
        "lag": look.lag,
        "dead letters": look.dead_letters,
        "channel": look.undelivered,
        "feed": look.feeds,
        "feeds": look.feeds,
    }.get(kind) is not None


def _no_pulse(look: Look, settings: Settings) -> str:
    gone = [group for group, count in (look.at_work or {}).items() if not count and group != SLOW_LANE]
    behind = [f"{group} {count}" for group, count in (look.lag or {}).items() if count and group != SLOW_LANE]
    where = [f"not running: {', '.join(gone)}"] if gone else []
    where += [f"messages behind: {', '.join(behind)}"] if behind else []
    said = f"the pulse of {look.at:%H:%M:%S} UTC has not come through within {settings.pulse_within_s:g} s"
    return "; ".join([said, *where])


def _channels(look: Look, settings: Settings) -> Troubles:
    limit = timedelta(seconds=settings.undelivered_limit_s)
    found: dict[str, tuple[int, str]] = {}
    for alert in look.undelivered or ():
        for state in alert.channels:
            if state.state == "failed" and state.until and look.at - (state.first_at or state.at) > limit:
                found[state.name] = (found.get(state.name, (0, ""))[0] + 1, state.error or "it does not say why")
    return {
        f"channel:{name}": f"channel {name} has not taken {count} alert{'s' if count > 1 else ''}: {error}"
        for name, (count, error) in found.items()
    }


def _feeds(look: Look, settings: Settings) -> Troubles:
    if not look.feeds:
        return {}
    limit = timedelta(hours=settings.feed_silence_h)
    last = max((state.polled_at for state in look.feeds if state.polled_at), default=None)
    if last is not None and look.at - last > limit:
        return {"feeds": f"no feed was asked for {in_words(look.at - last)}: wirewatch dags runs"}
    return {
        f"feed:{state.id}": f"feed {state.name} is {state.health}: {state.error or 'nothing new for unusually long'}"
        for state in _asked(look.feeds, look.at)
        if state.health == "quiet"
        or (state.health in ("failing", "blocked", "retired") and look.at - (state.health_since or look.at) > limit)
    }


def _asked(feeds: Iterable[FeedState], now: datetime) -> Iterable[FeedState]:
    return (state for state in feeds if state.due_at is not None and now - state.due_at < ENDS_UNASKED)
