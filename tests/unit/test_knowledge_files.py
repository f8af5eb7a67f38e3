"""The shipped actor files hold together and are as many as promised."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import combinations

import pytest
from babel import Locale

from wirewatch.knowledge import Actor, Knowledge, Office, check, load_knowledge
from wirewatch.tagging.lexicon import Lexicon

ONE_AT_A_TIME = {"president", "prime minister", "king", "chancellor", "foreign minister", "defence minister", "emir"}

UN_MEMBERS = """
    AF AL DZ AD AO AG AR AM AU AT AZ BS BH BD BB BY BE BZ BJ BT BO BA BW BR BN BG BF BI CV KH CM CA CF TD CL
    CN CO KM CG CR CI HR CU CY CZ KP CD DK DJ DM DO EC EG SV GQ ER EE SZ ET FJ FI FR GA GM GE DE GH GR GD GT
    GN GW GY HT HN HU IS IN ID IR IQ IE IL IT JM JP JO KZ KE KI KW KG LA LV LB LS LR LY LI LT LU MG MW MY MV
    ML MT MH MR MU MX FM MC MN ME MA MZ MM NA NR NP NL NZ NI NE NG MK NO OM PK PW PA PG PY PE PH PL PT QA KR
    MD RO RU RW KN LC VC WS SM ST SA SN RS SC SL SG SK SI SB SO ZA SS ES LK SD SR SE CH SY TJ TZ TH TL TG TO
    TT TN TR TM TV UG UA AE GB US UY UZ VU VE VN YE ZM ZW
"""
CONTINENTS = {
    "Africa": "DZ BF CD CF CM EG ET LY ML MZ NE NG RW SD SN SO SS TD UG",
    "the Americas": "AR BR CL CO EC GT HT MX NI PE PY SV US VE",
    "Asia": "AF BD ID IN JP LK MM PH PK TH TJ UZ",
    "Europe": "BA BY CY DE ES FR GB GR IE IT MK RU UA XK",
    "the Middle East": "BH IL IQ IR LB PS SA SY TR YE",
    "Oceania": "AU FJ NC NZ PG SB VU",
}


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


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("person", 1_100),
        ("government", 240),
        ("armed_group", 250),
        ("international_org", 150),
        ("political_party", 100),
        ("armed_forces", 80),
        ("media", 100),
        ("company", 100),
    ],
)
def test_there_are_as_many_actors_as_promised(kind: str, least: int) -> None:
    assert sum(actor.kind == kind for actor in shipped().actors) >= least


def test_every_member_of_the_united_nations_has_a_government_demonyms_and_a_capital() -> None:
    lands = {country.code: country for country in shipped().countries}
    ids = {actor.id for actor in shipped().actors}
    assert len(set(UN_MEMBERS.split())) == 193
    for code in UN_MEMBERS.split():
        land = lands[code]
        assert land.government in ids, code
        assert land.demonyms, code
        assert land.capital or code == "MC", code  # Monaco is its own capital


def test_three_hundred_leaders_have_dates_in_office() -> None:
    dated = [actor for actor in shipped().actors if any(office.since for office in actor.offices)]
    assert len(dated) >= 900


@pytest.mark.parametrize(("continent", "least"), [(name, 2 if name == "Oceania" else 30) for name in CONTINENTS])
def test_armed_groups_are_known_on_every_continent(continent: str, least: int) -> None:
    groups = [actor for actor in shipped().actors if actor.kind == "armed_group"]
    assert sum(not set(CONTINENTS[continent].split()).isdisjoint(group.countries) for group in groups) >= least


def test_most_armed_groups_have_other_names_and_a_beginning() -> None:
    groups = [actor for actor in shipped().actors if actor.kind == "armed_group"]
    assert sum(bool(group.aliases or group.conditional) for group in groups) >= 350
    assert sum(group.since is not None for group in groups) >= 250
    assert sum(group.parent is not None for group in groups) >= 60


@pytest.mark.parametrize(
    ("title", "country", "day", "holder"),
    [
        ("president", "VE", date(2026, 1, 2), "nicolas-maduro"),
        ("president", "VE", date(2026, 1, 6), "delcy-rodriguez"),
        ("president", "CL", date(2026, 3, 12), "jose-antonio-kast"),
        ("prime minister", "JP", date(2009, 1, 1), "taro-aso"),
        ("prime minister", "CZ", date(2025, 12, 31), "andrej-babis"),
        ("president", "GE", date(2008, 8, 8), "mikheil-saakashvili"),
        ("foreign minister", "DE", date(2008, 8, 8), "frank-walter-steinmeier"),
        ("president", "IE", date(2025, 12, 1), "catherine-connolly"),
    ],
)
def test_the_world_s_leaders_are_those_of_the_day(title: str, country: str, day: date, holder: str) -> None:
    held = Lexicon(shipped()).holder(country, title, day)
    assert held is not None
    assert held.actor.id == holder


@pytest.mark.parametrize("title", ["defence minister", "defense minister"])
def test_an_office_is_found_in_american_spelling_too(title: str) -> None:
    held = Lexicon(shipped()).holder("DE", title, date(2024, 1, 1))
    assert held is not None
    assert held.actor.id == "boris-pistorius"


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
