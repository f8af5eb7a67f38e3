"""Gold articles, and what was tagged in them, in one form: spans in code points of the text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Literal

import msgspec

from wirewatch.errors import UnreadableInput
from wirewatch.geo import Point
from wirewatch.models import UNLISTED, Article, Tags
from wirewatch.tagging.export import article_of, as_line


class Span(msgspec.Struct, frozen=True):
    """A name where it stands: ``text[start:end]`` is ``name``."""

    start: int
    end: int
    name: str


class GoldPlace(Span, frozen=True):
    """A toponym; without coordinates it counts for recognition only. ``group`` says how it is meant."""

    lat: float | None = None
    lon: float | None = None
    group: str | None = None

    @property
    def point(self) -> Point | None:
        """Where it is."""
        return None if self.lat is None or self.lon is None else Point(self.lat, self.lon)


class GoldActor(Span, frozen=True):
    """A person or an organisation."""

    type: str


class Ignored(msgspec.Struct, frozen=True):
    """A span where a tag is neither right nor wrong."""

    start: int
    end: int
    layer: Literal["toponyms", "actors", "both"] = "both"


class Gold(msgspec.Struct, frozen=True):
    """An article as a careful reader annotated it; what is None was not annotated and is not scored.

    ``focus_country`` is a code of ISO 3166, "" for no country. ``about`` holds the ids of the main actors and
    ``about_open`` those of actors about whom readers may differ; whether an id is of the knowledge base or of a name
    in no list makes no difference.
    """

    id: str | int
    text: str
    title: str = ""
    date: str | None = None
    toponyms: tuple[GoldPlace, ...] | None = None
    actors: tuple[GoldActor, ...] | None = None
    focus_country: str | None = None
    about: tuple[str, ...] | None = None
    about_open: tuple[str, ...] = ()
    ignore: tuple[Ignored, ...] = ()

    def article(self, *, now: datetime, text_only: bool = False) -> Article:
        """The article for the tagger: with title and date where it says what it is about, else nothing but its text.

        ``text_only`` leaves title and date out in any case, as `wirewatch tag --jsonl` does.
        """
        if text_only or self.about is None:
            return article_of(self.text, now=now)
        return article_of(self.text, now=now, title=self.title, published_at=_day(self.date))


class TaggedPlace(Span, frozen=True):
    """A place as it was tagged."""

    lat: float | None = None
    lon: float | None = None
    country_code: str | None = None
    role: str | None = None

    @property
    def point(self) -> Point | None:
        """Where the tag puts it."""
        return None if self.lat is None or self.lon is None else Point(self.lat, self.lon)


class TaggedActor(Span, frozen=True):
    """An actor as it was tagged."""

    type: str


class Prediction(msgspec.Struct, frozen=True):
    """What was tagged in the text of one article; of tags on the same span the first counts."""

    locations: tuple[TaggedPlace, ...] = ()
    actors: tuple[TaggedActor, ...] = ()
    focus_country: str | None = None
    about: tuple[str, ...] = ()


def predicted(tags: Tags, *, demonyms: bool = True) -> Prediction:
    """The tags of a text as they are scored; without ``demonyms`` names such as "Russian" are no places."""
    line = as_line(None, tags)
    places = msgspec.convert(line["locations"], tuple[TaggedPlace, ...])
    return Prediction(
        locations=_distinct(place for place in places if demonyms or place.role != "demonym"),
        actors=_distinct(msgspec.convert(line["actors"], tuple[TaggedActor, ...])),
        focus_country=tags.focus_country,
        about=tuple(id_.removeprefix(UNLISTED) for id_ in tags.about_actors),
    )


def read_gold(name: str, lines: Iterable[bytes]) -> Iterator[Gold]:
    """The gold articles of a file called ``name``, one object a line.

    Raises UnreadableInput for a line that is none, for a span outside the text or beside its name, for an id that
    comes twice, and for a file without articles.
    """
    seen: set[str] = set()
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        where = f"{name}:{number}"
        try:
            gold = msgspec.convert(json.loads(raw), Gold)  # not msgspec.json: texts may hold lone surrogates
            _check(gold)
        except ValueError as error:  # msgspec's and json's errors are ValueErrors too
            raise UnreadableInput(where, f"no gold article ({error})") from None
        if str(gold.id) in seen:
            raise UnreadableInput(where, f"the id {gold.id!r} comes twice")
        seen.add(str(gold.id))
        yield gold
    if not seen:
        raise UnreadableInput(name, "no gold article is in it")


def _check(gold: Gold) -> None:
    spans: tuple[Span | Ignored, ...] = (*(gold.toponyms or ()), *(gold.actors or ()), *gold.ignore)
    for span in spans:
        if not 0 <= span.start < span.end <= len(gold.text):
            raise ValueError(f"span {span.start}..{span.end} is outside the text")
        if isinstance(span, Span) and gold.text[span.start : span.end] != span.name:
            raise ValueError(f"at {span.start}..{span.end} stands no {span.name!r}")
    for place in gold.toponyms or ():
        if (place.lat is None) != (place.lon is None):
            raise ValueError(f"{place.name} has half a point")
        if place.lat is not None and place.lon is not None and not _on_earth(place.lat, place.lon):
            raise ValueError(f"{place.name} is not on the earth")
    _day(gold.date)


def _on_earth(lat: float, lon: float) -> bool:
    return isfinite(lat) and isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180


def _day(date: str | None) -> datetime | None:
    if date is None:
        return None
    day = datetime.fromisoformat(date)
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _distinct(spans: Iterable[Any]) -> tuple[Any, ...]:
    kept: dict[tuple[int, int], Any] = {}
    for span in spans:
        kept.setdefault((span.start, span.end), span)
    return tuple(kept.values())
