"""A rule: the conditions that an article and its story must meet, and what happens when they do."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from wirewatch.geo import Point
from wirewatch.models import ActorKind

WITHIN_KM = 50.0
"""How far "near" reaches where nothing is said."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Near(msgspec.Struct, frozen=True, omit_defaults=True):
    """Within ``within_km`` of ``place``, whose point and GeoNames id were looked up when the rule was made."""

    place: str
    point: Point
    within_km: float = WITHIN_KM
    id: str | None = None


class Area(msgspec.Struct, frozen=True, omit_defaults=True):
    """Inside a country (``country`` is its ISO 3166 alpha-2 code) or a first-level region (``admin1``, "SY.11")."""

    place: str
    country: str | None = None
    admin1: str | None = None


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of a rule's history: who (login name) did what, when, and the rule as it was written from then on."""

    version: int
    at: datetime
    by: str
    what: str
    rule: dict[str, Any] = {}


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A standing question to the news. All conditions given must be met; an empty one is none.

    ``text`` is a query (see `wirewatch.alerts.query`); ``actors`` any of, ``actors_all`` all of these ids, and with
    ``include_members`` the parts of a group count for it: ``members`` holds them by group. ``about`` makes actors,
    places and countries count only where the article is about them. ``min_sources`` is the number of independent
    outlets in the story before the alert fires, ``escalate_at`` the number at which it is told again.
    ``throttle``, ``quiet_hours`` ("22:00-06:00") and ``exclude_stories_older_than`` are as written: "30m", "3d".

    ``version`` grows with every change; ``since`` is when its conditions became what they are.
    """

    id: str
    name: str
    text: str | None = None
    actors: tuple[str, ...] = ()
    actors_all: tuple[str, ...] = ()
    include_members: bool = False
    kinds: tuple[ActorKind, ...] = ()
    near: tuple[Near, ...] = ()
    inside: tuple[Area, ...] = ()
    countries: tuple[str, ...] = ()
    about: bool = False
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_sources: int = 1
    exclude_stories_older_than: str | None = None
    throttle: str | None = None
    quiet_hours: str | None = None
    notify: tuple[str, ...] = ()
    escalate_at: int | None = None
    broad: bool = False
    members: dict[str, tuple[str, ...]] = {}
    version: int = 1
    state: Literal["active", "paused", "deleted"] = "active"
    created_at: datetime | None = None
    created_by: str | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    since: datetime | None = None
    muted_stories: tuple[str, ...] = ()
    history: tuple[Change, ...] = ()


def length(text: str) -> timedelta | None:
    """The length of time that ``text`` says ("90s", "30m", "6h", "3d", "2w"); None where it says none."""
    said = re.fullmatch(r"\s*(\d{1,6})\s*([smhdw])\s*", text, re.I | re.A)
    return timedelta(**{_UNITS[said[2].lower()]: int(said[1])}) if said else None
