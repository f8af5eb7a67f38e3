"""The types of the line, each named after the stage that made it, all frozen.

Article -> TaggedArticle -> ClusteredArticle        what flows through Kafka
Assignment                                          what the clusterer remembers of an article
Alert                                               what the alerter made of a rule and a story
Correction                                          what an analyst says of a tag
Metric                                              what was measured
DeadLetter                                          what a consumer had to refuse
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wirewatch.geo import Point
from wirewatch.text import digest


class Origin(StrEnum):
    """Why a message flows: only ``live`` may ever page somebody, and a ``pulse`` is no news (wirewatch/pulse)."""

    LIVE = "live"
    BACKFILL = "backfill"
    RETAG = "retag"
    PULSE = "pulse"


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outlet: name as people say it, domain, ISO 3166 alpha-2 country."""

    name: str | None = None
    domain: str | None = None
    country: str | None = None


class Lineage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an article came from, down to the Kafka offset."""

    producer: str | None = None
    path: str | None = None
    airflow_run_id: str | None = None
    kafka_topic: str | None = None
    kafka_partition: int | None = None
    kafka_offset: int | None = None


TAKEN_DOWN = "taken-down"
"""In place of a content hash: of the article nothing is left but its id, and nothing newer of it is taken."""

TAKEN_DOWN_TITLE = "(taken down)"


class Article(msgspec.Struct, frozen=True, omit_defaults=True):
    """An article as a producer read it.

    ``id`` is a hash of the canonical URL (of the content where there is no URL); ``aliases`` are other
    names of the same article. ``published_at`` is what the source says, clamped to something sane, and
    None where it says nothing; all times are UTC.
    """

    id: str
    title: str
    text: str
    fetched_at: datetime
    content_hash: str
    url: str | None = None
    summary: str | None = None
    source: Source = Source()
    feed: str | None = None
    language: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    aliases: tuple[str, ...] = ()
    truncated: bool = False
    lineage: Lineage = Lineage()

    @property
    def timestamp(self) -> datetime:
        """When it was published; when it was fetched, where the source gives no date."""
        return self.published_at or self.fetched_at

    @property
    def taken_down(self) -> bool:
        """Whether this is the mark that stands in an article's place (`wirewatch forget`)."""
        return self.content_hash == TAKEN_DOWN

    @property
    def log_fields(self) -> dict[str, str | None]:
        """What a log line about it carries: its id, and the run that brought it."""
        return {"article": self.id, "run": self.lineage.airflow_run_id}


ActorKind = Literal[
    "person",
    "government",
    "armed_group",
    "armed_forces",
    "political_party",
    "international_org",
    "company",
    "media",
    "other_org",
]
UNLISTED = "name:"
"""Before the id of an actor that is in no list: `name:rami-abdurrahman`, the same in every article."""

Precision = Literal["country", "admin1", "admin2", "city", "site"]


class Mention(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name at one spot of an article.

    ``start`` and ``end`` are code points of ``field`` and ``name`` is what stands there. ``entity_id`` is an
    actor's slug or a GeoNames id; None for a place that is in no list. ``sentence`` counts from 0 within the
    field. ``reason`` says in words why this entity and not another.
    """

    name: str
    start: int
    end: int
    type: Literal["person", "organisation", "place"]
    entity_id: str | None = None
    field: Literal["title", "text"] = "text"
    role: Literal["place", "demonym"] | None = None
    sentence: int = 0
    confidence: float = 1.0
    reason: str = ""


class ActorTag(msgspec.Struct, frozen=True, omit_defaults=True):
    """An actor of an article: who it is, and how much the article is about it (``salience`` 0..1)."""

    id: str
    name: str
    kind: ActorKind
    countries: tuple[str, ...] = ()
    salience: float = 0.0


class PlaceTag(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place of an article. ``located_by`` is "nearest" where the point is borrowed from the nearest named city.

    ``admin1`` is the GeoNames code of the first-level region that it lies in or is ("US.PA").
    """

    name: str
    id: str | None = None
    country_code: str | None = None
    precision: Precision | None = None
    point: Point | None = None
    located_by: Literal["gazetteer", "nearest"] = "gazetteer"
    role: Literal["place", "demonym"] = "place"
    salience: float = 0.0
    admin1: str | None = None


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What speaks for a place, and how much, in powers of ten of people; below 0 it speaks against.

    ``words`` are what it rests on, as the text writes it: without them it is gone or weighs less. An argument without
    words rests on the gazetteer. Weight 0 says why the name stands for a place at all.
    """

    weight: float
    why: str
    words: tuple[str, ...] = ()


class RunnerUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place that a choice beat, by how much, and what spoke for it."""

    id: str
    name: str
    by: float
    reasons: tuple[Argument, ...] = ()


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why the ``mentions`` (their numbers in the article's tags) mean place ``id``; the weights add up to ``score``."""

    id: str
    name: str
    mentions: tuple[int, ...]
    score: float
    reasons: tuple[Argument, ...]
    runner_up: RunnerUp | None = None


class Tags(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the tagger found in one article; ``about_*`` hold the ids the article is about."""

    mentions: tuple[Mention, ...] = ()
    actors: tuple[ActorTag, ...] = ()
    places: tuple[PlaceTag, ...] = ()
    focus_country: str | None = None
    about_actors: tuple[str, ...] = ()
    about_locations: tuple[str, ...] = ()
    language: str | None = None
    unsupported_language: bool = False
    choices: tuple[Choice, ...] = ()


class TaggedArticle(msgspec.Struct, frozen=True, omit_defaults=True):
    """An article with its tags, and by which tagger and knowledge they were found."""

    article: Article
    tags: Tags
    tagged_at: datetime
    tagger_version: str
    kb_version: str


class Story(msgspec.Struct, frozen=True, omit_defaults=True):
    """A story as it stood when an article was added: who told it, what it is about.

    ``revision`` grows by one with every change, so that an older state never overwrites a newer one.
    """

    id: str
    title: str
    first_article: str
    first_seen: datetime
    last_seen: datetime
    revision: int
    articles: int
    outlets: tuple[str, ...] = ()
    independent_outlets: int = 0
    actors: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    geo: tuple[Point, ...] = ()
    languages: tuple[str, ...] = ()
    linked_stories: tuple[str, ...] = ()


class ClusteredArticle(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tagged article in its story; ``version`` 1 is the first text seen under its id, an edit is 2."""

    tagged: TaggedArticle
    story: Story
    version: int
    clustered_at: datetime


DecisionNumber = Annotated[int, Meta(ge=0, lt=1 << 32)]
"""A place among all decisions, from 1 up; 0 where none is known. It fits into 32 bits."""


class Assignment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the clusterer remembers of an article, made once and kept.

    ``content_hashes[n - 1]`` is the hash of version n, ``signatures[n - 1]`` its text's fingerprint. The rest
    is the article's part in its story, by its latest version, from which the story is rebuilt.

    ``part`` counts the stories that one id took part in: a version with little left of the former text begins
    part 1, after ``versions_before`` versions. ``sequence`` is the place of this part's first version among all
    decisions; ``trace`` packs what it was judged by (wirewatch/stories/trace.py), ``latest_print`` the print of an
    edited text. ``agency`` is credited with the report; ``linked`` are stories found to be the same.
    """

    article_id: str
    story_id: str
    content_hashes: tuple[str, ...]
    signatures: tuple[str, ...]
    story_revision: int
    title: str
    seen_at: datetime
    outlet: str | None = None
    language: str | None = None
    actors: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    geo: tuple[Point, ...] = ()
    part: int = 0
    versions_before: int = 0
    sequence: DecisionNumber = 0
    trace: bytes = b""
    latest_print: bytes = b""
    agency: str | None = None
    linked: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The article's id, and the part where it is not the first."""
        return f"{self.article_id}/{self.part}" if self.part else self.article_id

    @property
    def taken_down(self) -> bool:
        """Whether nothing of the article may be told any more."""
        return self.content_hashes[-1:] == (TAKEN_DOWN,)


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


class Correction(msgspec.Struct, frozen=True, omit_defaults=True):
    """An analyst's word on one spot of an article: as an actor (or as a place) it is this one, or none.

    ``start`` and ``end`` are code points of ``field``, and ``nth`` counts the times that ``name`` stands in it from 1:
    that finds the spot again in an edited text. ``was`` is what had been tagged there in this ``layer``, None for
    nothing. What it should be is kept whole, so that a correction outlives its entry in the knowledge base.
    """

    id: str
    article_id: str
    by: str
    at: datetime = msgspec.field(name="@timestamp")
    field: Literal["title", "text"]
    start: int
    end: int
    name: str
    nth: int
    layer: Literal["actor", "place"]
    was: str | None = None
    actor: ActorTag | None = None
    place: PlaceTag | None = None

    @property
    def should_be(self) -> str | None:
        """The id of what it should be; None for nothing."""
        return self.actor.id if self.actor else self.place.id if self.place else None


class Metric(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number that was measured, and of what.

    ``kind`` "quality" is the tagger's, over the gold set ``subject``; "pulse" is what the last beat took to a stage.

    ``low`` and ``high`` bound its 95 % interval, ``count`` is of how many it is a share.
    """

    id: str
    at: datetime = msgspec.field(name="@timestamp")
    kind: Literal["quality", "pulse"]
    subject: str
    measure: str
    statistic: str
    value: float
    low: float | None = None
    high: float | None = None
    count: int | None = None
    demonyms: bool | None = None
    ner: str | None = None
    version: str | None = None
    tagger_version: str | None = None
    kb_version: str | None = None


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message that can never succeed as it is, with the reason, ready to be replayed.

    ``id`` is topic/partition/offset, so that refusing the same message twice leaves one letter.
    """

    id: str
    consumer: str
    topic: str
    partition: int
    offset: int
    reason: str
    refused_at: datetime
    value: bytes
    key: bytes | None = None
    schema: int | None = None
    origin: Origin = Origin.LIVE
