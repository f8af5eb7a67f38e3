"""The alerter: judges each article by all rules, keeps one alert for each rule and story, publishes what is to tell.

create (or change) in the index -> publish -> mark as told -> commit. Whatever is interrupted is done again when the
article comes again: an alert that exists is not made a second time, and one that was never told is told then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import NamedTuple

import msgspec

from wirewatch import clock
from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.judge import judge, taken_down
from wirewatch.alerts.match import match
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.seen import Seen
from wirewatch.errors import QueryError, Unavailable
from wirewatch.failpoints import failpoint
from wirewatch.models import Alert, ClusteredArticle, alert_id
from wirewatch.pulse import beat as pulse
from wirewatch.search.alerts import (
    ALERTER_FIELDS,
    Stored,
    alerts_of_stories,
    get_alerts,
    note_told,
    refresh_alerts,
    write_alerts,
)
from wirewatch.search.client import Connection, connect
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import RuleBook
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until, apart, consume
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import ALERTS, ARTICLES_CLUSTERED

GROUP = "alerter"

RULES_EVERY_S = 0.5
"""How often the rules are looked at for changes, at most; a batch is judged by the rules of its beginning."""

ROUNDS = 6
"""How often alerts are judged again that somebody else changed in the meantime."""

SEARCHABLE_S = 60.0
"""After so long everything written is found by a search; Elasticsearch needs a second or two."""

log = logging.getLogger(__name__)


class Rules:
    """The rules as they are now, indexed."""

    def __init__(self) -> None:
        self.book = RuleBook()
        self.index = RuleIndex()
        self._looked = 0.0
        self._sort_at = 1_000

    def update(self, es: Connection, settings: Settings) -> None:
        """Bring in what has changed, if it is time to look."""
        if time.monotonic() - self._looked < RULES_EVERY_S:
            return
        for rule in self.book.update(es, settings):
            try:
                self.index.put(rule)
            except QueryError as error:  # written by a newer wirewatch, or by hand: the others still work
                log.warning("a rule is left out: %s", error, extra={"rule": rule.id})
        if self.index.articles > self._sort_at:  # by now it is known which words are rare
            self.index, self._sort_at = self.index.rebuilt(), 20 * self._sort_at
        self._looked = time.monotonic()


class Met:
    """The alerts of the stories met lately as they stand in the index.

    A story has one alerter, that of its partition: only by its own hand alerts come to a story, and no search finds
    them at once. Others change them (a notifier's states, who has seen one): such a change shows as a conflict.
    """

    def __init__(self, es: Connection, settings: Settings) -> None:
        self._es, self._settings = es, settings
        self.forget()

    def forget(self) -> None:
        """Read everything anew: another alerter may have had these stories."""
        self._stories: dict[str, dict[str, Stored]] = {}
        self._before: dict[str, dict[str, Stored]] = {}
        self._since = time.monotonic()

    def of(self, stories: Iterable[str]) -> dict[str, Stored]:
        """All alerts of these stories by their ids."""
        if time.monotonic() - self._since > SEARCHABLE_S:
            self._before, self._stories, self._since = self._stories, {}, time.monotonic()
        wanted = set(stories)
        for story in wanted & self._before.keys():
            self._stories[story] = self._before.pop(story)
        unknown = wanted - self._stories.keys()
        self._stories |= {story: {} for story in unknown}
        self.note(alerts_of_stories(self._es, self._settings, unknown))
        return {id_: one for story in wanted for id_, one in self._stories[story].items()}

    def note(self, written: Iterable[Stored]) -> None:
        """Remember these as they were written or read, in stories that were asked for."""
        for one in written:
            self._stories[one.alert.story_id][one.alert.id] = one

    def read_again(self, alerts: Iterable[Alert]) -> None:
        """Take these as they are by now."""
        for alert in alerts:
            self._stories[alert.story_id].pop(alert.id, None)
        self.note(get_alerts(self._es, self._settings, [alert.id for alert in alerts]))


class Judging(NamedTuple):
    """An article of the batch, and the rules that it meets."""

    received: Received[ClusteredArticle]
    seen: Seen
    met: dict[str, Rule]


def alert_batch(
    es: Connection,
    settings: Settings,
    rules: Rules,
    kept: Met,
    publisher: Publisher,
    batch: Sequence[Received[ClusteredArticle]],
    *,
    now: datetime,
) -> list[Rejected]:
    """Judge each article by the rules of this moment; store, then publish what there is to tell, then note that."""
    rules.update(es, settings)
    pulses, news = apart(batch)
    _pass_on(publisher, pulses, now)
    judgings, refused = _matched(rules, news)
    alerts = _settled(es, settings, rules, kept, judgings, now)
    to_tell = [alert for alert in alerts if alert.occasion is not None]
    if to_tell:
        failpoint(f"{GROUP}.after_create")
        for alert in to_tell:
            publisher.publish(ALERTS, alert, origin=alert.origin)
        publisher.flush()
        failpoint(f"{GROUP}.after_publish")
        kept.note(note_told(es, settings, to_tell))
    return refused


def _pass_on(publisher: Publisher, pulses: Sequence[Received[ClusteredArticle]], now: datetime) -> None:
    for received in pulses:
        if (alert := pulse.alert_of(received.value, now=now)) is not None:
            publisher.publish(ALERTS, alert, origin=received.origin)


def _matched(rules: Rules, batch: Sequence[Received[ClusteredArticle]]) -> tuple[list[Judging], list[Rejected]]:
    judgings: list[Judging] = []
    refused: list[Rejected] = []
    for received in batch:
        try:
            seen = Seen(received.value.tagged)
            met = [] if seen.article.taken_down else rules.index.matching(seen, received.value.story)
        except Exception as error:  # one article must not stop all others; too many stop the consumer
            log.exception("an article cannot be judged", extra=received.value.tagged.article.log_fields)
            refused.append(Rejected(received.record, f"cannot be judged: {type(error).__name__}: {error}"))
        else:
            judgings.append(Judging(received, seen, {rule.id: rule for rule in met}))
    return judgings, refused


def _settled(
    es: Connection,
    settings: Settings,
    rules: Rules,
    kept: Met,
    judgings: Sequence[Judging],
    now: datetime,
) -> Iterable[Alert]:
    """The alerts of the batch's stories as they are in the index once each article was judged.

    What another process changed meanwhile is read and judged again. Raises Unavailable when that does not end.
    """
    stories = {judging.received.value.story.id for judging in judgings}
    for _ in range(ROUNDS):
        stored = kept.of(stories)
        alerts = _judged(rules, judgings, stored, now, timedelta(hours=settings.alert_max_age_h))
        new = [alert for alert in alerts.values() if alert.id not in stored]
        changed = [(stored[i], alert) for i, alert in alerts.items() if i in stored and stored[i].alert != alert]
        changes = [(before, _fields(alert)) for before, alert in changed]
        written = write_alerts(es, settings, new, changes, refresh=False)
        kept.note(Stored(alerts[id_], mark) for id_, mark in written.items())
        met_a_change = [alert for alert in [*new, *(alert for _, alert in changed)] if alert.id not in written]
        if not met_a_change:
            return alerts.values()
        kept.read_again(met_a_change)
    raise Unavailable("Elasticsearch", str(settings.elasticsearch), "alerts are changed faster than they can be judged")


def _judged(
    rules: Rules, judgings: Sequence[Judging], stored: dict[str, Stored], now: datetime, max_age: timedelta
) -> dict[str, Alert]:
    alerts = {one.alert.id: one.alert for one in stored.values()}
    rules_of: dict[str, set[str]] = {}
    for alert in alerts.values():
        rules_of.setdefault(alert.story_id, set()).add(alert.rule_id)
    for received, seen, met in judgings:
        clustered = received.value
        if seen.article.taken_down:
            of_it = [alert for alert in alerts.values() if alert.story_id == clustered.story.id]
            alerts |= {alert.id: taken_down(alert, clustered, now=now) for alert in of_it}
            continue
        of_story = rules_of.setdefault(clustered.story.id, set())
        for rule_id in met.keys() | of_story:
            rule = met.get(rule_id) or rules.book.rules.get(rule_id)
            if rule is None or rule.state != "active":
                continue
            why = partial(match, rule, seen, clustered.story) if rule_id in met else None
            known = alerts.get(alert_id(rule_id, clustered.story.id))
            after = judge(known, rule, why, clustered, received.origin, now=now, max_age=max_age)
            if after is not None:
                alerts[after.id] = after
                of_story.add(rule_id)
    return alerts


def _fields(alert: Alert) -> dict[str, object]:
    """What the alerter may write into an alert that exists; None where a value is gone."""
    found = msgspec.structs.asdict(alert)
    return {name: found[name] for name in ALERTER_FIELDS}


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Alert about what comes; see `consume` for when this ends and what it raises."""
    stop = stop or Event()
    ensure_topics(settings)
    ensure_indices(settings)
    rules = Rules()
    publisher = Publisher(settings)
    with connect(settings) as es:
        kept = Met(es, settings)

        def begin_anew() -> None:
            refresh_alerts(es, settings)  # what whoever had these stories before has written is found
            kept.forget()

        return consume(
            settings,
            ARTICLES_CLUSTERED,
            GROUP,
            lambda batch: alert_batch(es, settings, rules, kept, publisher, batch, now=clock.now()),
            publisher=publisher,
            until=until,
            opened=begin_anew,
            stop=stop,
        )
