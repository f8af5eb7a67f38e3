"""The notifier on real servers: told once and under its id, held, tried again, and never held up by another channel."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from consumers import notifier
from tests.builders import alert
from tests.e2e.line import at_work
from tests.receivers import Webhook, mailbox, soon, webhook
from wirewatch.errors import UserMistake
from wirewatch.models import Alert, ChannelState, Origin
from wirewatch.notify import Channel, add_channel, channels_file, hidden, read_channels, remove_channel
from wirewatch.search.alerts import create_alerts, get_alerts
from wirewatch.search.client import asking
from wirewatch.search.deliveries import Deliveries
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Until
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import ALERTS


@pytest.fixture(autouse=True)
def _stores(settings: Settings) -> None:
    ensure_topics(settings)
    ensure_indices(settings)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


def made(settings: Settings, *alerts: Alert) -> None:
    """Alerts in the index and on Kafka, as the alerter leaves them."""
    with asking(settings) as es:
        create_alerts(es, settings, alerts)
    published(settings, *alerts)


def published(settings: Settings, *alerts: Alert) -> None:
    with Publisher(settings) as publisher:
        for one in alerts:
            publisher.publish(ALERTS, one, origin=Origin.LIVE)


def states(settings: Settings, one: Alert) -> tuple[ChannelState, ...]:
    with asking(settings) as es:
        return get_alerts(es, settings, [one.id])[0].alert.channels


def status(settings: Settings, one: Alert) -> str:
    with asking(settings) as es:
        return get_alerts(es, settings, [one.id])[0].alert.status


def stories(count: int, **fields: object) -> list[Alert]:
    return [alert(story_id=f"story-{n}", title=f"Title {n}", **fields) for n in range(count)]


def test_an_alert_is_told_once_whatever_is_replayed(settings: Settings, hook: Webhook) -> None:
    add_channel(settings, "ops", hook.url())
    one = alert()
    made(settings, one)
    notifier.run(settings, Until.END)
    assert hook.ids == [one.id]
    assert "Rebels enter Homs" in hook.bodies[0]["message"]
    assert [state.state for state in states(settings, one)] == ["sent"]
    assert status(settings, one) == "sent"
    published(settings, one, one)
    notifier.run(settings, Until.END)
    assert hook.ids == [one.id]


def test_an_alert_that_comes_twice_in_one_batch_is_told_once_and_under_its_own_id(
    settings: Settings, hook: Webhook
) -> None:
    add_channel(settings, "ops", hook.url())
    one, other = alert(), alert(rule_id="another", throttle="30m")
    made(settings, one, other, one, other)
    notifier.run(settings, Until.END)
    assert sorted(hook.ids) == sorted([one.id, other.id])
    assert [len(states(settings, each)) for each in (one, other)] == [1, 1]


def test_what_waits_is_late_or_muted_is_not_told(settings: Settings, hook: Webhook) -> None:
    add_channel(settings, "ops", hook.url())
    made(settings, *(alert(story_id=f"s-{word}", status=word) for word in ("waiting", "late", "muted")))
    notifier.run(settings, Until.END)
    assert hook.ids == []


def test_a_correction_is_told_where_the_alert_was_told_and_nowhere_else(settings: Settings, hook: Webhook) -> None:
    add_channel(settings, "ops", hook.url())
    add_channel(settings, "desk", hook.url("desk"))
    one = alert()
    made(settings, one)
    notifier.run(settings, Until.END)
    edited = msgspec.structs.replace(one, status="corrected", occasion="correction", notify=("ops", "desk"))
    published(settings, edited)
    notifier.run(settings, Until.END)
    assert hook.ids == [one.id, edited.notification_id]
    assert "CORRECTED" in hook.bodies[1]["message"]


def test_what_a_throttle_holds_back_comes_as_one_digest_and_nothing_is_dropped(
    settings: Settings, hook: Webhook
) -> None:
    add_channel(settings, "ops", hook.url())
    alerts = stories(5, throttle="30m")
    now = datetime.now(UTC)
    with asking(settings) as es:
        create_alerts(es, settings, alerts)
        teller = notifier.Notifier(settings, Deliveries(es, settings))
        teller.take(alerts[:1], now=now)
        teller.take(alerts[1:], now=now + timedelta(minutes=1))
        es.indices.refresh()
        teller.look(now=now + timedelta(minutes=29))
        teller.wait_until_sent(20)
        assert hook.ids == [alerts[0].id]
        assert {status(settings, one) for one in alerts[1:]} == {"held"}
        teller.look(now=now + timedelta(minutes=31))
        teller.wait_until_sent(20)
        teller.close()
    assert len(hook.ids) == 2
    assert all(one.title in hook.bodies[1]["message"] for one in alerts[1:])
    assert alerts[0].title not in hook.bodies[1]["message"]
    assert {status(settings, one) for one in alerts} == {"sent"}


def test_a_channel_that_fails_is_tried_again_and_the_error_is_kept(settings: Settings, hook: Webhook) -> None:
    add_channel(settings, "ops", hook.url())
    hook.status = 500
    one = alert()
    made(settings, one)
    with at_work(settings, notifier):
        assert soon(lambda: any(state.state == "failed" for state in states(settings, one)))
        (failed,) = states(settings, one)
        assert "500" in str(failed.error)
        hook.status = 200
        assert soon(lambda: hook.ids == [one.id])
        assert soon(lambda: states(settings, one)[0].state == "sent")
    assert states(settings, one)[0].tries == 2


def test_a_slow_channel_and_one_that_is_not_there_hold_up_no_other(settings: Settings, hook: Webhook) -> None:
    with webhook() as slow:
        slow.wait_s = 3.0
        add_channel(settings, "slow", slow.url())
        add_channel(settings, "ops", hook.url())
        alerts = stories(4, notify=("slow", "nowhere", "ops"))
        with at_work(settings, notifier):
            began = time.monotonic()
            made(settings, *alerts)
            assert soon(lambda: len(hook.ids) == 4)
            assert max(hook.times) - began < 6, "four alerts of a slow channel take twelve seconds"
            assert soon(lambda: len(slow.ids) == 4, 30)
        gone = [state for state in states(settings, alerts[0]) if state.name == "nowhere"]
        assert "there is no channel nowhere" in str(gone[0].error)


@pytest.mark.parametrize("ago", [timedelta(seconds=30), -timedelta(hours=2)], ids=["long ago", "by a wrong clock"])
def test_a_claim_of_a_notifier_that_is_gone_is_sent_by_another(
    ago: timedelta, settings: Settings, hook: Webhook
) -> None:
    add_channel(settings, "ops", hook.url())
    at = datetime.now(UTC) - ago
    one = alert()
    orphan = ChannelState("ops", "claimed", at, 1, notification=one.notification_id, occasion="first", until=at)
    with asking(settings) as es:
        create_alerts(es, settings, [msgspec.structs.replace(one, channels=(orphan,))])
    with at_work(settings, notifier):
        assert soon(lambda: hook.ids == [one.id])
    assert states(settings, one)[0].state == "sent"


def test_two_notifiers_tell_an_alert_once(settings: Settings, hook: Webhook) -> None:
    add_channel(settings, "ops", hook.url())
    alerts = [alert(rule_id=f"rule-{n}") for n in range(20)]
    with at_work(settings, notifier), at_work(settings, notifier):
        made(settings, *alerts)
        assert soon(lambda: len(hook.ids) >= 20)
        time.sleep(2)
    assert sorted(hook.ids) == sorted(one.id for one in alerts)


def test_a_mail_carries_the_id_as_its_message_id(settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with mailbox(port) as got:
        url = f"mailto://127.0.0.1:{port}/?mode=insecure&from=desk@example.org&to=watch@example.org&format=text"
        add_channel(settings, "ops", url)
        one = alert()
        made(settings, one)
        notifier.run(settings, Until.END)
    (mail,) = got
    assert mail["Message-ID"] == f"<{one.id}@wirewatch.invalid>"
    assert one.title in str(mail["Subject"])


def test_the_address_of_a_channel_is_in_no_log_no_document_and_no_listing(
    settings: Settings, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    add_channel(settings, "ops", hook.url())
    hook.status = 500
    one = alert()
    made(settings, one)
    notifier.run(settings, Until.END)
    seen = caplog.text + repr(states(settings, one)) + repr(read_channels(settings)) + hidden(hook.url())
    assert "500" in seen
    assert "s3cret-pass" not in seen
    assert "t0ken-in-path" not in seen


def test_channels_are_kept_in_a_file_of_ours_alone(settings: Settings) -> None:
    add_channel(settings, "ops", "json://user:password@example.org/hook")
    file = channels_file(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_channels(settings) == {"ops": Channel("ops", "json://user:password@example.org/hook")}
    with pytest.raises(UserMistake, match="Apprise"):
        add_channel(settings, "desk", "nonsense://x")
    with pytest.raises(UserMistake, match="small letters"):
        add_channel(settings, "Ops Desk", "json://example.org")
    with pytest.raises(UserMistake, match="no channel desk"):
        remove_channel(settings, "desk")
    file.chmod(0o644)
    with pytest.raises(UserMistake, match="chmod 600"):
        read_channels(settings)
    file.chmod(0o600)
    remove_channel(settings, "ops")
    assert read_channels(settings) == {}
    assert not [path for path in Path(settings.data_dir).iterdir() if path.suffix == ".new"]
