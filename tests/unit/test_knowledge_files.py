"""The shipped actor files hold together and are as many as promised."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest
from babel import Locale

from wirewatch.knowledge import Actor, Knowledge, Office, check, load_knowledge

ONE_AT_A_TIME = {"president", "prime minister", "king", "chancellor", "foreign minister", "defence minister", "emir"}


@cache
def shipped() -> Knowledge:
    return load_knowledge()


def test_the_shipped_files_hold_together() -> None:
    assert check() == []


def test_every_country_code_is_one_of_iso_3166() -> None:
    known = {code for code in Locale("en").territories if len(code) == 2}
    assert {country.code for country in shipped().countries} <= known


def test_the_world_is_complete() -> None:
    knowledge = shipped()
    ids = {actor.id for actor in knowledge.actors}
    assert len(knowledge.countries) >= 240
    assert all(country.government in ids for country in knowledge.countries)
    assert {"russia-government", "syria-government", "united-states-government"} <= ids


@pytest.mark.parametrize(("kind", "least"), [("person", 800), ("government", 240), ("armed_group", 250)])
def test_there_are_as_many_actors_as_promised(kind: str, least: int) -> None:
    assert sum(actor.kind == kind for actor in shipped().actors) >= least


def test_three_hundred_leaders_have_dates_in_office() -> None:
    dated = [actor for actor in shipped().actors if any(office.since for office in actor.offices)]
    assert len(dated) >= 300


def test_nobody_shares_an_office_of_a_country_for_more_than_a_day() -> None:
    offices = [
        (actor, office)
        for actor in shipped().actors
        for office in actor.offices
        if office.country and office.title in ONE_AT_A_TIME
    ]
    both = [
        (a.id, b.id, x.title)
        for (a, x), (b, y) in combinations(offices, 2)
        if (x.title, x.country) == (y.title, y.country) and _overlap(x, y)
    ]
    assert both == []


def _overlap(a: Office, b: Office) -> bool:
    first, second = sorted((a, b), key=lambda office: office.since.toordinal() if office.since else 0)
    return second.since is not None and (first.until is None or first.until > second.since)


def test_a_person_was_in_each_office_once_at_a_time() -> None:
    assert [actor.id for actor in shipped().actors if _twice(actor)] == []


def _twice(actor: Actor) -> bool:
    return any(
        (x.title, x.country, x.of) == (y.title, y.country, y.of) and _overlap(x, y)
        for x, y in combinations(actor.offices, 2)
    )
