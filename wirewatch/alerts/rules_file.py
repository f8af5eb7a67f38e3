"""Rules as people write them: a TOML file or one rule's fields in, checked rules out, and back again."""

from __future__ import annotations

import re
import tomllib
from typing import Any, get_args

import msgspec

from wirewatch.alerts.index import anchors
from wirewatch.alerts.names import Names
from wirewatch.alerts.query import is_broad, parse
from wirewatch.alerts.rule import WITHIN_KM, Rule, length
from wirewatch.errors import QueryError, RuleError
from wirewatch.models import ActorKind
from wirewatch.text import digest, folded_words

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


class NearWritten(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place and a distance in km."""

    place: str
    within_km: float = WITHIN_KM


class Written(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule as it stands in a rules file; see docs/alerts.md for what each field means."""

    id: str | None = None
    name: str | None = None
    text: str | None = None
    actors: tuple[str, ...] = ()
    actors_all: tuple[str, ...] = ()
    include_members: bool = False
    kinds: tuple[ActorKind, ...] = ()
    near: NearWritten | tuple[NearWritten, ...] = ()
    inside: tuple[str, ...] = ()
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


def read_rules(toml: str, names: Names, *, where: str) -> list[Rule]:
    """The rules of a file's content, all checked; raises RuleError, which names the rule and the field."""
    try:
        found = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(where, f"not readable as TOML: {error}") from None
    if set(found) - {"rule"} or not isinstance(found.get("rule", []), list):
        raise RuleError(where, "a rules file holds [[rule]] tables and nothing else")
    rules = [read_rule(fields, names, where=f"{where}, rule {n}") for n, fields in enumerate(found.get("rule", []), 1)]
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(where, f"two rules are called {rule.id}")
        seen.add(rule.id)
    return rules


def read_rule(fields: dict[str, Any], names: Names, *, where: str) -> Rule:
    """One checked rule of the fields that were written."""
    try:
        written = msgspec.convert(fields, Written)
    except msgspec.ValidationError as error:
        raise RuleError(where, _plain(str(error))) from None
    return checked(written, names, where=where)


def checked(written: Written, names: Names, *, where: str) -> Rule:
    """The rule that was written, with its names looked up; raises RuleError for what has no meaning."""
    rule_id = written.id or _made_id(written)
    where = f"{where} ({rule_id})"
    if not _ID.fullmatch(rule_id):
        raise RuleError(
            where, f"id: {rule_id!r} is none; write small letters, digits and hyphens, such as homs-fighting"
        )
    _check_numbers(written, where)
    actors = tuple(names.actor(f"{where}, actors", one) for one in written.actors)
    actors_all = tuple(names.actor(f"{where}, actors_all", one) for one in written.actors_all)
    near = (written.near,) if isinstance(written.near, NearWritten) else written.near
    rule = Rule(
        id=rule_id,
        name=written.name or written.text or rule_id,
        text=written.text,
        actors=actors,
        actors_all=actors_all,
        include_members=written.include_members,
        kinds=written.kinds,
        near=tuple(names.near(f"{where}, near", one.place, one.within_km) for one in near),
        inside=tuple(names.area(f"{where}, inside", one) for one in written.inside),
        countries=tuple(names.country(f"{where}, countries", one) for one in written.countries),
        about=written.about,
        sources=written.sources,
        languages=tuple(language.lower() for language in written.languages),
        min_sources=written.min_sources,
        exclude_stories_older_than=written.exclude_stories_older_than,
        throttle=written.throttle,
        quiet_hours=written.quiet_hours,
        notify=written.notify,
        escalate_at=written.escalate_at,
        broad=written.broad,
        members={a: names.members(a) for a in (*actors, *actors_all)} if written.include_members else {},
    )
    _not_everything(rule, where)
    return rule


def written(rule: Rule) -> Written:
    """The rule as a person would write it: without what was looked up and what is kept beside it."""
    near = tuple(NearWritten(one.place, one.within_km) for one in rule.near)
    fields = {name: getattr(rule, name) for name in Written.__struct_fields__}
    return Written(
        **fields | {"near": near[0] if len(near) == 1 else near, "inside": tuple(one.place for one in rule.inside)}
    )


CONDITIONS = tuple(
    name
    for name in Written.__struct_fields__
    if name not in ("id", "name", "throttle", "quiet_hours", "notify", "escalate_at", "broad")
)
"""The fields that decide what a rule matches; a change of another does not make it another question."""


def _made_id(written: Written) -> str:
    words = "-".join(folded_words(written.name or written.text or " ".join(written.actors)))[:60].strip("-")
    return words if _ID.fullmatch(words) else f"rule-{digest(repr(written))[:8]}"


def _check_numbers(written: Written, where: str) -> None:
    for name in ("exclude_stories_older_than", "throttle"):
        said = getattr(written, name)
        if said is not None and length(said) is None:
            raise RuleError(where, f"{name}: {said!r} is no length of time; write 30m, 6h or 3d")
    if written.quiet_hours is not None and not _HOURS.fullmatch(written.quiet_hours):
        raise RuleError(where, f"quiet_hours: {written.quiet_hours!r} is no span of hours; write 22:00-06:00")
    if written.min_sources < 1:
        raise RuleError(where, "min_sources: one outlet is the least")
    if written.escalate_at is not None and written.escalate_at <= written.min_sources:
        raise RuleError(where, "escalate_at: give a number of outlets above min_sources")
    near = (written.near,) if isinstance(written.near, NearWritten) else written.near
    if any(not 0 < one.within_km <= 20_100 for one in near):
        raise RuleError(where, "near: within_km goes from above 0 to 20100")


def _not_everything(rule: Rule, where: str) -> None:
    try:
        query = parse(rule.text) if rule.text is not None else None
    except QueryError as error:
        raise RuleError(where, str(error)) from None
    if rule.broad or anchors(rule, None) is not None:
        return
    if query is not None and is_broad(query):
        raise RuleError(where, "nearly every article would meet it: add a word it must hold, or say broad")
    if query is None:
        raise RuleError(where, "every article would meet it: add words, actors, places or countries, or say broad")


def _plain(error: str) -> str:
    """msgspec's words for a wrong field, in ours."""
    if unknown := re.search(r"unknown field `([^`]+)`", error):
        import difflib

        near = difflib.get_close_matches(unknown[1], Written.__struct_fields__, n=1)
        return f"{unknown[1]} is no field of a rule" + (f"; did you mean {near[0]}?" if near else "")
    if "Invalid enum value" in error:
        return f"kinds: {error.partition('value ')[2].partition(' -')[0]} is none of {', '.join(get_args(ActorKind))}"
    return error
