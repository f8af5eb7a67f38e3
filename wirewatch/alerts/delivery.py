"""When an alert may be told in a channel: throttle, quiet hours, tries, digests. Pure; `now` is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from wirewatch.alerts.rule import length
from wirewatch.models import Alert, AlertStatus, ChannelState
from wirewatch.text import digest

LEASE = timedelta(seconds=20)
"""So long who has claimed a notification may take to send it; after that it is anybody's again."""

CLOCKS_DIFFER = timedelta(minutes=10)
"""So far apart the clocks of two machines may be; what is of later than that from now is of a clock that was wrong."""

FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=24)


class Due(msgspec.Struct, frozen=True):
    """A notification whose time has come: which alert, and its state in the channel."""

    alert: Alert
    state: ChannelState


def first_state(alert: Alert, channel: str, *, last_told: datetime | None, now: datetime, zone: str) -> ChannelState:
    """The state in which a notification begins: claimed to be sent at once, or held until it may be.

    ``last_told`` is when the rule was last told in this channel, or will be; ``zone`` that of its quiet hours.
    """
    due = may_be_told(alert, last_told=last_told, now=now, zone=zone)
    begun = ChannelState(
        channel,
        "held",
        now,
        notification=alert.notification_id,
        occasion=alert.occasion,
        first_at=now,
        until=due,
    )
    return begun if due > now else claimed(begun, now=now)


def told_at(state: ChannelState) -> datetime | None:
    """When the channel was, or will be, told because of this state; None when it was not."""
    if state.state == "held":
        return state.until
    return state.at if state.state in ("claimed", "sent") else None


def may_be_told(alert: Alert, *, last_told: datetime | None, now: datetime, zone: str) -> datetime:
    """The first moment from ``now`` on at which throttle and quiet hours let the alert be told.

    Where something of the rule is held already, ``last_told`` is in the future, and this joins it.
    """
    due = now
    throttle = length(alert.throttle) if alert.throttle else None
    if throttle is not None and last_told is not None:
        due = max(due, last_told if last_told > now else last_told + throttle)
    return _after_quiet_hours(due, alert.quiet_hours, zone) if alert.quiet_hours else due


def claimed(state: ChannelState, *, now: datetime) -> ChannelState:
    """The state while it is being sent, for `LEASE` at most."""
    return msgspec.structs.replace(state, state="claimed", at=now, tries=state.tries + 1, until=now + LEASE)


def sent(state: ChannelState, *, now: datetime) -> ChannelState:
    """The state when the channel has taken it."""
    return msgspec.structs.replace(state, state="sent", at=now, until=None, error=None)


def failed(state: ChannelState, why: str, *, now: datetime) -> ChannelState:
    """The state after a try that failed: tried again with growing rests for 24 hours, then given up."""
    rest = min(FIRST_REST * 2 ** min(state.tries - 1, 20), LONGEST_REST)
    over = now - (state.first_at or now) >= GIVE_UP_AFTER
    return msgspec.structs.replace(state, state="failed", at=now, error=why, until=None if over else now + rest)


def due_in(alert: Alert, *, now: datetime) -> list[ChannelState]:
    """The states of an alert whose time has come: held long enough, to be tried again, or claimed by who is gone.

    What a clock that was wrong has put into the future is not waited for.
    """
    return [
        state
        for state in alert.channels
        if state.until is not None and (state.until <= now or state.at > now + CLOCKS_DIFFER)
    ]


def grouped(due: Iterable[Due]) -> list[list[Due]]:
    """What is told together: what was held back of one rule in one channel, and what was told together before."""
    groups: dict[tuple[str, ...], list[Due]] = {}
    for each in due:
        state = each.state
        if state.digest:
            key: tuple[str, ...] = (state.name, state.digest)
        elif state.state == "held":
            key = (state.name, "held", each.alert.rule_id)
        else:
            key = (state.name, each.alert.id, str(state.notification))
        groups.setdefault(key, []).append(each)
    return [_as_digest(group) for group in groups.values()]


def _as_digest(group: list[Due]) -> list[Due]:
    """A group under one id that it keeps, so that what is told twice is told under the same id."""
    if len(group) == 1 or group[0].state.digest:
        return group
    name = digest("digest", *sorted(str(each.state.notification) for each in group))
    return [Due(each.alert, msgspec.structs.replace(each.state, digest=name)) for each in group]


def with_state(channels: Sequence[ChannelState], state: ChannelState) -> tuple[ChannelState, ...]:
    """The states with this one in the place of its former self."""
    same = (state.name, state.notification)
    kept = [each for each in channels if (each.name, each.notification) != same]
    return (*kept, state)


def state_of(alert: Alert, channel: str, notification: str) -> ChannelState | None:
    """How far this notification got in this channel; None where it was never begun."""
    return next((s for s in alert.channels if s.name == channel and s.notification == notification), None)


def was_told(alert: Alert, channel: str) -> bool:
    """Whether anything of the alert was ever told, or is being told, in this channel."""
    return any(state.name == channel and state.tries for state in alert.channels)


def status_told(alert: Alert, channels: Sequence[ChannelState]) -> AlertStatus:
    """The alert's status by its channels: sent once one has taken it, held while it waits in one."""
    if alert.status not in ("new", "held", "sent"):
        return alert.status
    states = {state.state for state in channels}
    return "sent" if "sent" in states else "held" if "held" in states else "new"


def _after_quiet_hours(moment: datetime, hours: str, zone: str) -> datetime:
    begin, _, end = (part.strip() for part in hours.partition("-"))
    local = moment.astimezone(ZoneInfo(zone))
    quiet_from, quiet_to = time.fromisoformat(begin), time.fromisoformat(end)
    clock = local.time().replace(tzinfo=None)
    over_midnight = quiet_from > quiet_to
    quiet = clock >= quiet_from or clock < quiet_to if over_midnight else quiet_from <= clock < quiet_to
    if not quiet:
        return moment
    day = local.date() + timedelta(days=1 if over_midnight and clock >= quiet_from else 0)
    return datetime.combine(day, quiet_to, ZoneInfo(zone)).astimezone(moment.tzinfo)
