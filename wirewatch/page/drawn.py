"""The templates and what they may say: everything that comes from feeds is escaped, only web addresses become links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from wirewatch.alerts.render import reason_text
from wirewatch.models import Mention
from wirewatch.page.filters import SPANS, Filters
from wirewatch.page.names import Names
from wirewatch.page.spread import outlet_of
from wirewatch.page.words import ago, clock, counted, full, number
from wirewatch.search.opened import END, FOUND

PRECISIONS = {"country": "country", "admin1": "region", "admin2": "district", "city": "city", "site": "site"}
LEVELS = PRECISIONS | {"water": "water", "region": "region"}


@cache
def templates() -> Environment:
    """The templates of the page, escaping by default; a name that is not given is an error and not an empty string."""
    made = Environment(
        loader=PackageLoader("wirewatch.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number,
        "counted": counted,
        "full": _full,
        "ago": _ago,
        "clock": _clock,
        "period": _period,
        "web": is_web,
        "outlet": outlet_of,
        "reason": reason_text,
        "milliseconds": _milliseconds,
        "found": _found,
        "kind": kind,
        "meant": _meant,
        "entity_address": entity_address,
    }
    made.globals |= {"precisions": PRECISIONS, "levels": LEVELS}
    return made


def drawn(template: str, values: Mapping[str, Any]) -> str:
    """The page of that template."""
    return templates().get_template(template).render(values)


def is_web(url: str | None) -> bool:
    """Whether that is an address which may be a link."""
    return url is not None and re.match(r"https?://[^\s/]", url, re.I) is not None


def period(filters: Filters, zone: tzinfo) -> str:
    """The time looked at, in words: "in the last 24 h"."""
    until = full(filters.until, zone) if filters.until else None
    if filters.span == "all":
        return f"before {until}" if until else "in all"
    length = SPANS.get(filters.span, filters.span)
    return f"in the {length} before {until}" if until else f"in the last {length}"


def kind(mention: Mention) -> str:
    """What a mention stands for, as its mark is coloured."""
    return "demonym" if mention.role == "demonym" else mention.type


def entity_address(mention: Mention, filters: Filters) -> str:
    """The address of the actor or place that is meant."""
    return filters.at("/places" if mention.type == "place" else "/actors", mention.entity_id or "")


@pass_context
def _ago(context: Context, moment: datetime) -> str:
    return ago(moment, now=context["now"])


@pass_context
def _clock(context: Context, moment: datetime) -> str:
    return clock(moment, now=context["now"], zone=context["zone"])


@pass_context
def _full(context: Context, moment: datetime) -> str:
    return full(moment, context["zone"])


@pass_context
def _period(context: Context, filters: Filters) -> str:
    return period(filters, context["zone"])


@pass_context
def _meant(context: Context, mention: Mention) -> str:
    names: Names = context["names"]
    if mention.entity_id is None:
        return f"{mention.name}, a place in no list"
    if mention.type != "place":
        return names.actor(mention.entity_id)
    place = names.place(mention.entity_id)
    if place is None:
        return mention.name
    country = f", {names.country(place.country)}" if place.country and place.level != "country" else ""
    return f"{place.name}{country} ({LEVELS.get(place.level, place.level)})"


def _milliseconds(delay: int) -> str:
    return f"{delay / 1000:.1f} s" if delay < 120_000 else f"{delay / 60_000:.0f} min"


def _found(passage: str) -> Markup:
    """A passage with the words that were found marked, and nothing else of it taken for markup."""
    return Markup(str(escape(passage)).replace(FOUND, "<mark>").replace(END, "</mark>"))  # noqa: S704  # escaped first
