"""The gazetteer: what is in it, and how it is kept on disk."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from wirewatch.geo import Point, distance_km
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer import Gazetteer, Table
from wirewatch.tagging.gazetteer_cache import gazetteer_version, load_gazetteer
from wirewatch.tagging.tokens import key, tokenize

CACHE = Path(Settings().cache_dir)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_gazetteer(CACHE)


@pytest.mark.parametrize(
    ("name", "level", "country", "lat", "lon", "km"),
    [
        ("Syria", "country", "SY", 35.0, 38.0, 100),
        ("Russia", "country", "RU", 60.0, 100.0, 300),
        ("Canada", "country", "CA", 60.0, -110.0, 400),
        ("United States", "country", "US", 39.8, -98.5, 100),
        ("Ivory Coast", "country", "CI", 8.0, -5.5, 100),
        ("Homs", "city", "SY", 34.72, 36.72, 10),
        ("Kiev", "city", "UA", 50.45, 30.52, 15),
        ("Raqqa", "city", "SY", 35.95, 39.01, 15),
        ("Mumbai", "city", "IN", 19.07, 72.88, 20),
        ("Bombay", "city", "IN", 19.07, 72.88, 20),
        ("Washington", "city", "US", 38.9, -77.04, 10),
        ("California", "admin1", "US", 37.0, -119.5, 150),
        ("Bavaria", "region", "DE", 48.9, 11.4, 100),
        ("Suffolk County", "admin2", "US", 40.9, -72.7, 60),
        ("Middle East", "region", None, 33.0, 36.0, 1500),
        ("Red Sea", "water", None, 20.0, 38.5, 500),
    ],
)
def test_a_name_finds_its_place(
    gazetteer: Gazetteer, name: str, level: str, country: str | None, lat: float, lon: float, km: float
) -> None:
    found = [p for p, _ in gazetteer.named(key(name)) if p.level == level and p.country == country]
    assert any(distance_km(p.point, Point(lat, lon)) <= km for p in found), found


def test_every_country_has_a_point_within_reach_of_its_cities(gazetteer: Gazetteer) -> None:
    far = []
    for code in gazetteer.country_rows:
        country = gazetteer.country(code)
        assert country is not None
        cities = (gazetteer.place(row) for row in range(len(gazetteer)))
        if code in {"SY", "FR", "NG", "VN", "PE", "KZ", "TV", "MV", "LU"}:
            near = min(distance_km(country.point, c.point) for c in cities if c.level == "city" and c.country == code)
            if near > 400:
                far.append(code)
    assert far == []
    assert len(gazetteer.country_rows) > 240


def test_words_of_grammar_are_marked_as_no_names(gazetteer: Gazetteer) -> None:
    assert {"of", "as", "nice", "police", "march"} & set(gazetteer.index) <= gazetteer.common
    assert not {"london", "paris", "cairo", "damascus", "kentucky", "honolulu"} & gazetteer.common


def test_spellings_of_one_name_meet() -> None:
    assert key("Côte d’Ivoire") == key("Cote d'Ivoire")
    assert key("Port-au-Prince") == key("Port au Prince")
    assert key("Sana'a") == key("Sanaa")
    assert key("İstanbul") == key("Istanbul")


def test_words_stand_where_they_say_without_their_possessive() -> None:
    text = "Qatar’s envoy, the U.S. team, St. Louis and the Smiths' house"
    tokens = tokenize(text)
    assert [text[s:e] for s, e in zip(tokens.starts, tokens.ends, strict=True)] == tokens.words
    assert [tokens.words[i] for i in sorted(tokens.possessive)] == ["Qatar", "Smiths"]
    assert "U.S." in tokens.words


def test_it_is_loaded_from_the_cache_in_less_than_two_seconds_of_one_core(gazetteer: Gazetteer) -> None:
    started = time.process_time()
    assert len(load_gazetteer(CACHE)) == len(gazetteer)
    assert time.process_time() - started < 2


def test_a_torn_file_in_the_cache_is_built_anew(tmp_path: Path, gazetteer: Gazetteer) -> None:
    path = tmp_path / "gazetteer" / f"{gazetteer_version()}.msgpack"
    path.parent.mkdir()
    whole = (CACHE / "gazetteer" / path.name).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    built: list[str] = []

    def build(wanted: str) -> Table:
        built.append(wanted)
        return msgspec.msgpack.decode(whole, type=Table)

    assert len(load_gazetteer(tmp_path, build)) == len(gazetteer)
    assert path.read_bytes() == whole
    assert len(load_gazetteer(tmp_path, build)) == len(gazetteer)
    assert built == [gazetteer_version()]


@pytest.mark.long
def test_two_processes_that_build_at_once_both_get_it(tmp_path: Path, gazetteer: Gazetteer) -> None:
    code = (
        "import sys; from pathlib import Path; from wirewatch.tagging.gazetteer_cache import load_gazetteer; "
        "print(len(load_gazetteer(Path(sys.argv[1]))))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [int(p.communicate(timeout=240)[0]) for p in both] == [len(gazetteer)] * 2
    assert [p.name for p in (tmp_path / "gazetteer").iterdir()] == [f"{gazetteer_version()}.msgpack"]
