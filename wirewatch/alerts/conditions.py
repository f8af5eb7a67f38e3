"""The conditions of a rule beside its text: each says what in an article meets it, or how nearly it is met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wirewatch.alerts.rule import Area, Near, Rule, length
from wirewatch.alerts.seen import PINNED, Seen
from wirewatch.geo import distance_km
from wirewatch.models import ActorTag, Condition, Mention, PlaceTag, Reason, Story


def actors_any(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """Any of the rule's actors, or of their members where these count."""
    for asked in rule.actors:
        for actor in (asked, *_members(rule, asked)):
            if found := _actor(rule, seen, actor):
                yield _actor_reason("actors", seen, found, asked)


def actors_all(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """All of the rule's actors; nothing where one is missing."""
    met: list[Reason] = []
    for asked in rule.actors_all:
        found = next((tag for a in (asked, *_members(rule, asked)) if (tag := _actor(rule, seen, a))), None)
        if found is None:
            return
        met.append(_actor_reason("actors_all", seen, found, asked))
    yield from met


def kinds(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """Any actor of the rule's kinds."""
    for tag in seen.tags.actors:
        if tag.kind in rule.kinds and _counts(rule, seen, tag.id):
            yield _actor_reason("kinds", seen, tag, tag.kind)


def near(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """A place of city precision or finer within the distance of one of the rule's places, the nearest of each."""
    for asked in rule.near:
        closest = nearest(asked, rule, seen)
        if closest is not None and closest[0] <= asked.within_km:
            yield _place_reason("near", seen, closest[1], asked.place, round(closest[0], 1))


def is_near(rule: Rule, seen: Seen) -> bool:
    """Whether `near` would find a place."""
    return any(
        place.point and distance_km(asked.point, place.point) <= asked.within_km and _counts(rule, seen, place.id)
        for asked in rule.near
        for place in seen.pinned
    )


def names_any(rule: Rule, seen: Seen) -> bool:
    """Whether `actors_any` would find an actor."""
    return any(_actor(rule, seen, actor) for asked in rule.actors for actor in (asked, *_members(rule, asked)))


def nearest(asked: Near, rule: Rule, seen: Seen) -> tuple[float, PlaceTag] | None:
    """The article's place that is nearest to the one asked for, and how far away it is in km."""
    found = [
        (distance_km(asked.point, place.point), place)
        for place in seen.pinned
        if place.point and _counts(rule, seen, place.id)
    ]
    return min(found, key=lambda one: one[0], default=None)


def inside(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """A place that lies in one of the rule's areas; a region itself lies in it, a country does not."""
    for asked in rule.inside:
        for place in seen.tags.places:
            if place.role == "place" and _counts(rule, seen, place.id) and _lies_in(place, asked):
                yield _place_reason("inside", seen, place, asked.place)
                break


def countries(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """A place in one of the rule's countries, the country itself, its people, or that the article is about it."""
    for code in rule.countries:
        for place in seen.tags.places:
            if place.country_code == code and _counts(rule, seen, place.id):
                yield _place_reason("countries", seen, place, code)
                break
        else:
            if seen.tags.focus_country == code:
                yield Reason("countries", asked=code, because=f"the article is about {code}")


def sources(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """One of the rule's outlets, by name or domain."""
    for asked in rule.sources:
        if asked.casefold().removeprefix("www.") in seen.outlets:
            yield Reason("sources", asked=asked, outlet=seen.outlet)


def languages(rule: Rule, seen: Seen) -> Iterator[Reason]:
    """One of the rule's languages."""
    if seen.language in {language.lower().partition("-")[0] for language in rule.languages}:
        yield Reason("languages", asked=seen.language)


def story_age(rule: Rule, seen: Seen, story: Story) -> Iterator[Reason]:
    """That the story had not begun too long before this article."""
    longest = length(rule.exclude_stories_older_than or "")
    if longest is None or seen.article.timestamp - story.first_seen <= longest:
        yield Reason("exclude_stories_older_than", asked=rule.exclude_stories_older_than)


def _members(rule: Rule, group: str) -> tuple[str, ...]:
    return rule.members.get(group, ()) if rule.include_members else ()


def _actor(rule: Rule, seen: Seen, actor: str) -> ActorTag | None:
    return seen.actors.get(actor) if _counts(rule, seen, actor) else None


def _counts(rule: Rule, seen: Seen, entity: str | None) -> bool:
    return not rule.about or entity in seen.about


def _lies_in(place: PlaceTag, area: Area) -> bool:
    if area.admin1:
        return place.admin1 == area.admin1
    return place.country_code == area.country and (place.precision in PINNED or place.precision in ("admin1", "admin2"))


def _actor_reason(condition: Condition, seen: Seen, actor: ActorTag, asked: str) -> Reason:
    mention = seen.mention(actor.id)
    return Reason(
        condition,
        **_standing(seen, mention),
        actor=actor.id,
        actor_name=actor.name,
        alias=mention.name if mention else None,
        asked=asked,
        because=(mention.reason or None) if mention and mention.name != actor.name else None,
    )


def _place_reason(
    condition: Condition, seen: Seen, place: PlaceTag, asked: str, distance: float | None = None
) -> Reason:
    mention = seen.mention(place.id, place.name)
    return Reason(
        condition,
        **_standing(seen, mention),
        place=place.name,
        place_id=place.id,
        distance_km=distance,
        asked=asked,
        because=_preferred(seen, place),
    )


def _preferred(seen: Seen, place: PlaceTag) -> str | None:
    """Which other place of the name it was preferred to, and why."""
    for choice in seen.tags.choices:
        if choice.id == place.id and choice.runner_up is not None:
            strongest = max(choice.reasons, key=lambda argument: argument.weight, default=None)
            why = f": {strongest.why}" if strongest else ""
            return f"preferred to {choice.runner_up.name}{why}"
    return None


def _standing(seen: Seen, mention: Mention | None) -> dict[str, Any]:
    if mention is None:
        return {}
    start, sentence = seen.sentence(mention.field, mention.start)
    return {
        "words": (mention.name,),
        "spans": ((mention.start, mention.end),),
        "field": mention.field,
        "sentence": sentence,
        "sentence_start": start,
    }
