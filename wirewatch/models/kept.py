"""What is kept beside the line: what analysts say of tags, what was measured, what had to be refused."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from wirewatch.models.articles import Origin
from wirewatch.models.tags import ActorTag, PlaceTag


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

    ``kind`` "quality" is the tagger's, over the gold set ``subject``; "pulse" is what the last beat took to a stage;
    "line" is what a beat has seen of a consumer or of all: ``measure`` lag, dead letters, beat.

    ``low`` and ``high`` bound its 95 % interval, ``count`` is of how many it is a share.
    """

    id: str
    at: datetime = msgspec.field(name="@timestamp")
    kind: Literal["quality", "pulse", "line"]
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
