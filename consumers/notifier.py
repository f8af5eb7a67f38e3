"""The notifier: tells alerts in the channels of their rules, each once, and keeps in the index how far each got.

    alert from Kafka -> its state in the index (claimed, or held by throttle and quiet hours) -> offset final
    claimed          -> sent by the channel's own thread -> sent or failed, in the index
    due              -> (held long enough, to be tried again, claimed by who is gone) claimed again

The index is the queue: what a killed notifier had claimed and not sent is due again after a moment. What may be sent
twice then carries the same id, by which a receiver can drop it. One slow channel holds up nobody but itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Container, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Event

import msgspec

from wirewatch import clock
from wirewatch.alerts import delivery
from wirewatch.alerts.delivery import Due
from wirewatch.alerts.message import message_of
from wirewatch.errors import WirewatchError
from wirewatch.failpoints import failpoint
from wirewatch.models import Alert, ChannelState
from wirewatch.notify import send_to, warm_up
from wirewatch.pulse.beat import passed
from wirewatch.search.alerts import Mark, Stored
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.deliveries import Deliveries
from wirewatch.search.documents import metric_write
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until, apart, consume
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import ALERTS

GROUP = "notifier"

LOOK_EVERY_S = 1.0
"""How often the index is asked for what has become due."""

DRAIN_S = 60.0
"""With Until.END, so long what was claimed may take to be sent."""

TOLD = frozenset({"new", "sent", "held", "corrected"})
"""Statuses of alerts that are told; those that wait, are late or muted are only seen."""

log = logging.getLogger(__name__)


class Notifier:
    """Begins notifications, finds what is due, and has a thread for each channel; see the head of this file."""

    def __init__(self, settings: Settings, alerts: Deliveries) -> None:
        self._settings, self._alerts = settings, alerts
        self._deciding = threading.Lock()
        self._told: dict[str, dict[str, datetime]] = {}  # when each rule was last told in each channel
        self._channels: dict[str, _ChannelThread] = {}

    def take(self, alerts: Iterable[Alert], *, now: datetime) -> None:
        """Begin the notifications of these alerts; those that were begun before are left as they are."""
        messages: dict[str, list[Alert]] = {}
        for alert in alerts:
            if alert.notify:  # most rules only keep what they find
                messages.setdefault(alert.id, []).append(alert)
        with self._deciding:
            while messages:
                begun = []
                for stored in self._alerts.get(list(messages)):
                    if states := self._begin_all(stored.alert, messages[stored.alert.id], now):
                        begun.append((stored, states))
                written = self._write(begun)
                self._send(_claimed(begun, written))
                messages = {one.alert.id: messages[one.alert.id] for one, _ in begun if one.alert.id not in written}

    def look(self, *, now: datetime) -> None:
        """Claim and send what has become due."""
        with self._deciding:
            found = self._alerts.due(now=now)
            due = [Due(one.alert, state) for one in found for state in delivery.due_in(one.alert, now=now)]
            groups = delivery.grouped(each for each in due if not self._in_hand(each))
            claims = {one.alert.id: (one, []) for one in found}  # type: dict[str, tuple[Stored, list[ChannelState]]]
            for each in (each for group in groups for each in group):
                claims[each.alert.id][1].append(delivery.claimed(each.state, now=now))
            begun = [claim for claim in claims.values() if claim[1]]
            self._send(_claimed(begun, self._write(begun)))

    def wait_until_sent(self, timeout_s: float) -> None:
        """Return when every thread has done what it was given, ``timeout_s`` for each at most."""
        for thread in self._channels.values():
            thread.wait_until_idle(timeout_s)

    def close(self) -> None:
        """End the threads after what they are sending."""
        for thread in self._channels.values():
            thread.close()

    def _begin_all(self, stored: Alert, messages: Iterable[Alert], now: datetime) -> list[ChannelState]:
        """The states of what these messages of one alert begin: what two of them want to have told begins once."""
        before = len(stored.channels)
        for message in messages:
            begun = self._begin(stored, message, now)
            stored = msgspec.structs.replace(stored, channels=(*stored.channels, *begun))
        return list(stored.channels[before:])

    def _begin(self, stored: Alert, message: Alert, now: datetime) -> list[ChannelState]:
        """The states of what this message wants to have told and that was not begun yet."""
        if message.status not in TOLD:
            return []
        begun = []
        for channel in message.notify:
            if delivery.state_of(stored, channel, message.notification_id) is not None:
                continue
            if message.occasion == "correction" and not delivery.was_told(stored, channel):
                continue
            told = self._last_told(message.rule_id)
            state = delivery.first_state(
                message, channel, last_told=told.get(channel), now=now, zone=self._settings.timezone
            )
            moment = delivery.told_at(state)
            if moment is not None:
                told[channel] = moment
            begun.append(state)
        return begun

    def _last_told(self, rule_id: str) -> dict[str, datetime]:
        if rule_id not in self._told:
            self._told[rule_id] = self._alerts.last_told(rule_id)
        return self._told[rule_id]

    def _write(self, begun: Sequence[tuple[Stored, list[ChannelState]]]) -> dict[str, Mark]:
        changes = []
        for stored, states in begun:
            channels: Sequence[ChannelState] = stored.alert.channels
            for state in states:
                channels = delivery.with_state(channels, state)
            changes.append((stored, channels))
        return self._alerts.set_channels(changes)

    def _send(self, claimed: Iterable[Due]) -> None:
        groups = delivery.grouped(claimed)
        if groups:
            failpoint("notifier.after_claim")
        for group in groups:
            name = group[0].state.name
            if name not in self._channels:
                self._channels[name] = _ChannelThread(self._settings, self._alerts, name)
            self._channels[name].give(group)

    def _in_hand(self, due: Due) -> bool:
        thread = self._channels.get(due.state.name)
        return thread is not None and thread.has(due)


def _claimed(begun: Iterable[tuple[Stored, list[ChannelState]]], written: Container[str]) -> list[Due]:
    """What was claimed of what was written."""
    return [
        Due(stored.alert, state)
        for stored, states in begun
        if stored.alert.id in written
        for state in states
        if state.state == "claimed"
    ]


class _ChannelThread:
    """Sends what it is given, one group after the other, and writes down what came of it."""

    def __init__(self, settings: Settings, alerts: Deliveries, name: str) -> None:
        self._settings, self._alerts, self._name = settings, alerts, name
        self._queue: SimpleQueue[list[Due] | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._hand: set[tuple[str, str | None]] = set()
        self._thread = threading.Thread(target=self._work, name=f"channel-{name}", daemon=True)
        self._thread.start()

    def give(self, group: list[Due]) -> None:
        with self._changed:
            self._hand.update((due.alert.id, due.state.notification) for due in group)
        self._queue.put(group)

    def has(self, due: Due) -> bool:
        with self._changed:
            return (due.alert.id, due.state.notification) in self._hand

    def wait_until_idle(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._hand, timeout_s)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(15.0)

    def _work(self) -> None:
        while (group := self._queue.get()) is not None:
            try:
                self._tell(group)
            except WirewatchError as error:  # the index is away: the claim runs out, and it is due again
                log.warning("%s; it is tried again", error, extra={"channel": self._name})
            finally:
                with self._changed:
                    self._hand.difference_update((due.alert.id, due.state.notification) for due in group)
                    self._changed.notify_all()

    def _tell(self, group: list[Due]) -> None:
        group = self._still_ours(group)
        if not group:
            return
        why = None
        try:
            send_to(self._settings, self._name, message_of(group))
        except WirewatchError as error:
            why = str(error)
            log.warning("%s", why, extra={"channel": self._name, "alerts": [due.alert.id for due in group]})
        failpoint("notifier.after_send")
        self._note(group, why)

    def _still_ours(self, group: list[Due]) -> list[Due]:
        """What is still claimed as it was when it was claimed; somebody else may have it when that is long ago."""
        now = clock.now()
        if all(timedelta(0) <= now - due.state.at < delivery.LEASE / 2 for due in group):
            return group
        found = {one.alert.id: one.alert for one in self._alerts.get([d.alert.id for d in group])}
        return [
            due
            for due in group
            if due.alert.id in found
            and delivery.state_of(found[due.alert.id], self._name, str(due.state.notification)) == due.state
        ]

    def _note(self, group: list[Due], why: str | None) -> None:
        left = {due.alert.id: [] for due in group}  # type: dict[str, list[ChannelState]]
        now = clock.now()
        for due in group:
            done = delivery.sent(due.state, now=now) if why is None else delivery.failed(due.state, why, now=now)
            left[due.alert.id].append(done)
        while left:
            changes = []
            for stored in self._alerts.get(list(left)):
                channels: Sequence[ChannelState] = stored.alert.channels
                for state in left[stored.alert.id]:
                    channels = delivery.with_state(channels, state)
                changes.append((stored, channels))
            written = self._alerts.set_channels(changes)
            left = {one.alert.id: left[one.alert.id] for one, _ in changes if one.alert.id not in written}


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Tell what comes, and what has become due; see `consume` for when this ends and what it raises.

    With Until.END it ends when all that could be told at once was tried.
    """
    ensure_topics(settings)
    ensure_indices(settings)
    warm_up()
    over = Event()
    with ExitStack() as stack:
        es = stack.enter_context(connect(settings))
        notifier = Notifier(settings, Deliveries(es, settings))
        stack.callback(notifier.close)
        looking = threading.Thread(target=_keep_looking, args=(notifier, over), name="due", daemon=True)
        looking.start()
        stack.callback(looking.join, 15.0)
        stack.callback(over.set)

        def handle(batch: Sequence[Received[Alert]]) -> list[Rejected]:
            now = clock.now()
            pulses, news = apart(batch)
            notifier.take((received.value for received in news), now=now)
            times = [one.value.published_at or now for one in pulses]
            write(es, settings, [metric_write(passed(GROUP, sent_at, now=now)) for sent_at in times])
            return []

        consumed = consume(
            settings,
            ALERTS,
            GROUP,
            handle,
            publisher=Publisher(settings),
            until=until,
            stop=stop,
        )
        if until is Until.END:
            notifier.wait_until_sent(DRAIN_S)
        return consumed


def _keep_looking(notifier: Notifier, over: Event) -> None:
    while not over.wait(LOOK_EVERY_S):
        try:
            notifier.look(now=clock.now())
        except WirewatchError as error:
            log.warning("%s; looking again in a moment", error)
