"""What the alerter made of a rule and a story, with its reasons, and how far each channel was told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from wirewatch.geo import Point
from wirewatch.models.articles import Origin
from wirewatch.text import digest

Condition = Literal[
    "text",
    "actors",
    "actors_all",
    "kinds",
    "near",
    "inside",
    "countries",
    "sources",
    "languages",
    "min_sources",
    "exclude_stories_older_than",
    "everything",
]
"""The parts of a rule, by their names in a rules file; "everything" stands for a broad rule without any."""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a rule matched: one condition, and what in the article met it.

    ``words`` are as they stand in ``field``, at ``spans`` (start and end in code points), in ``sentence``, which
    begins at ``sentence_start``. ``actor`` is an id, ``alias`` the name under which it was found. ``place`` is a
    name, ``place_id`` its GeoNames id, ``asked`` what the rule names (a place, a group, a country, an outlet) and
    ``distance_km`` how far apart the two are. ``because`` says why this entity and not another.
    """

    condition: Condition
    words: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    field: Literal["title", "text"] | None = None
    sentence: str | None = None
    sentence_start: int | None = None
    actor: str | None = None
    actor_name: str | None = None
    alias: str | None = None
    place: str | None = None
    place_id: str | None = None
    distance_km: float | None = None
    asked: str | None = None
    outlet: str | None = None
    because: str | None = None


AlertStatus = Literal["waiting", "new", "sent", "held", "late", "corrected", "muted"]
"""waiting: for more outlets; late: seen, in a digest, never a page; corrected: an edit took its match away."""

Occasion = Literal["first", "again", "escalation", "correction"]
"""Why an alert is told: it is new, true again after a correction, its story grew, its match was edited away."""


class ChannelState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a notification got in one channel, since ``at``, after ``tries`` attempts; ``error`` is the last one's.

    ``notification`` is its id (an alert can be told on several occasions), ``digest`` that of the digest it is told
    in, ``first_at`` when it began, ``until`` when it is to be looked at again: never where that is None.
    """

    name: str
    state: Literal["claimed", "sent", "failed", "held"]
    at: datetime
    tries: int = 0
    error: str | None = None
    notification: str | None = None
    occasion: Occasion | None = None
    digest: str | None = None
    first_at: datetime | None = None
    until: datetime | None = None


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule met by a story: one for each such pair, under ``alert_id`` of both.

    ``article_id`` is the article that met the rule, in its ``article_version``. ``outlets`` counts independent
    outlets and ``articles`` all articles of the story at ``story_revision``. ``occasion`` is set from the moment there
    is something to tell until it is on Kafka, and in each message. ``delay_ms`` is from the article's arrival here to
    the alert. The alerter writes all fields but ``channels`` and the statuses sent and held, which are the notifier's.
    """

    id: str
    rule_id: str
    rule_name: str
    rule_version: int
    story_id: str
    article_id: str
    title: str
    status: AlertStatus
    made_at: datetime = msgspec.field(name="@timestamp")
    updated_at: datetime
    story_revision: int
    article_version: int = 1
    origin: Origin = Origin.LIVE
    url: str | None = None
    source: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    delay_ms: int | None = None
    reasons: tuple[Reason, ...] = ()
    outlets: int = 0
    articles: int = 0
    actors: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    geo: tuple[Point, ...] = ()
    notify: tuple[str, ...] = ()
    throttle: str | None = None
    quiet_hours: str | None = None
    occasion: Occasion | None = None
    escalated: bool = False
    channels: tuple[ChannelState, ...] = ()
    acked_by: str | None = None
    acked_at: datetime | None = None

    @property
    def notification_id(self) -> str:
        """What a receiver sees once and only once: the alert's id, with the occasion where it is told again."""
        again = self.occasion not in (None, "first")
        return f"{self.id}-{self.occasion}-{self.story_revision}" if again else self.id


def alert_id(rule_id: str, story_id: str) -> str:
    """The id of the one alert that a rule and a story can have."""
    return digest("alert", rule_id, story_id)
