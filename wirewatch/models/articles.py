"""An article as a producer read it, and why and from where it flows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


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
