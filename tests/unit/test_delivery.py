"""When an alert may be told: throttle, quiet hours, tries, digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.builders import alert
from wirewatch.alerts import delivery
from wirewatch.alerts.delivery import Due
from wirewatch.alerts.message import message_of
from wirewatch.models import ChannelState

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def begin(now: datetime = NOW, last_told: datetime | None = None, **fields: str | None) -> ChannelState:
    return delivery.first_state(alert(**fields), "ops", last_told=last_told, now=now, zone="Europe/Paris")


def test_an_alert_is_claimed_at_once_where_nothing_holds_it_back() -> None:
    state = begin()
    assert (state.state, state.tries, state.until) == ("claimed", 1, NOW + delivery.LEASE)


@pytest.mark.parametrize(
    ("ago", "held"), [(timedelta(minutes=29), True), (timedelta(minutes=30), False), (timedelta(hours=2), False)]
)
def test_a_throttle_holds_what_comes_too_soon_after_the_last(ago: timedelta, held: bool) -> None:
    state = begin(throttle="30m", last_told=NOW - ago)
    assert (state.state == "held") is held
    if held:
        assert state.until == NOW - ago + timedelta(minutes=30)


def test_what_is_held_back_joins_what_is_held_already() -> None:
    slot = NOW + timedelta(minutes=20)
    assert begin(throttle="30m", last_told=slot).until == slot


@pytest.mark.parametrize(
    ("clock", "hours", "until"),
    [
        ("2026-03-10T21:30:00Z", "22:00-06:00", "2026-03-11T05:00:00Z"),  # 22:30 in Paris, one hour ahead
        ("2026-03-10T02:00:00Z", "22:00-06:00", "2026-03-10T05:00:00Z"),
        ("2026-03-10T05:00:00Z", "22:00-06:00", None),
        ("2026-03-10T20:59:00Z", "22:00-06:00", None),
        ("2026-03-10T11:30:00Z", "12:00-13:00", "2026-03-10T12:00:00Z"),
        ("2026-03-28T23:30:00Z", "22:00-06:00", "2026-03-29T04:00:00Z"),  # the clock goes forward in that night
    ],
)
def test_quiet_hours_are_those_of_the_zone_and_may_go_over_midnight(clock: str, hours: str, until: str | None) -> None:
    now = datetime.fromisoformat(clock)
    due = delivery.may_be_told(alert(quiet_hours=hours), last_told=None, now=now, zone="Europe/Paris")
    assert due == (datetime.fromisoformat(until) if until else now)


def test_rests_between_tries_grow_and_after_a_day_it_is_given_up() -> None:
    state, now, rests = begin(), NOW, []
    while True:
        state = delivery.failed(state, "500", now=now)
        if state.until is None:
            break
        rests.append(state.until - now)
        now = state.until
        state = delivery.claimed(state, now=now)
    assert rests[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert max(rests) == delivery.LONGEST_REST
    assert now - NOW >= timedelta(hours=24)
    assert state.error == "500"


@pytest.mark.parametrize(
    ("claimed_at", "due"),
    [
        (NOW - timedelta(minutes=1), True),
        (NOW, False),
        (NOW + timedelta(minutes=9), False),  # the clock of another machine
        (NOW + timedelta(minutes=11), True),  # one that was wrong
    ],
)
def test_a_claim_is_waited_for_unless_it_is_old_or_of_a_future_that_no_clock_can_mean(
    claimed_at: datetime, due: bool
) -> None:
    claimed = delivery.claimed(begin(), now=claimed_at)
    assert delivery.due_in(alert(channels=(claimed,)), now=NOW) == ([claimed] if due else [])


def test_what_is_held_of_one_rule_is_told_as_one_digest_that_keeps_its_id() -> None:
    held = [
        Due(one, msgspec.structs.replace(begin(throttle="1h", last_told=NOW), notification=one.notification_id))
        for one in (alert(story_id=f"story-{n}", id=f"alert-{n}", title=f"Title {n}") for n in range(3))
    ]
    other = Due(alert(rule_id="other", id="alert-9"), begin(throttle="1h", last_told=NOW))
    groups = sorted(delivery.grouped([*held, other]), key=len)
    assert [len(group) for group in groups] == [1, 3]
    message = message_of(groups[1])
    assert all(f"Title {n}" in message.text for n in range(3))
    again = [Due(each.alert, delivery.claimed(each.state, now=NOW)) for each in groups[1]]
    assert [message_of(group).id for group in delivery.grouped(reversed(again))] == [message.id]


def test_a_message_says_why_and_takes_nothing_of_the_article_for_markup() -> None:
    message = message_of([Due(alert(title="<script>alert(1)</script>"), begin())])
    assert "<script>" in message.text
    assert "<script>" not in message.html
    assert "Why:" in message.text
