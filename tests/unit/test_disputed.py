"""Disputed places count to the country that the policy says, and nothing else of them changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wirewatch.errors import SettingsError
from wirewatch.models import PlaceTag
from wirewatch.settings import Settings
from wirewatch.tagging import Tagger, load_tagger
from wirewatch.tagging.disputed import POLICIES, assigned, territories
from wirewatch.tagging.export import article_of
from wirewatch.tagging.gazetteer import Gazetteer
from wirewatch.tagging.gazetteer_cache import load_gazetteer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"


def tagger_of(disputed: str) -> Tagger:
    return load_tagger(Settings(disputed=disputed, ner="off"))


def place(tagger: Tagger, text: str, name: str) -> PlaceTag:
    tags = tagger.tag(article_of(text, now=NOW), now=NOW).tags
    id_ = next(m.entity_id for m in tags.mentions if m.name == name and m.type == "place")
    return next(p for p in tags.places if p.id == id_)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_gazetteer(Path(Settings().cache_dir))


# Text, name, its country by each of POLICIES.
CASES: list[tuple[str, str, tuple[str | None, ...]]] = [
    ("Shells fell in Simferopol in Crimea.", "Simferopol", ("UA", "RU", None)),
    ("Shells fell in Simferopol in Crimea.", "Crimea", ("UA", "RU", None)),
    ("A rocket hit Majdal Shams in the Golan Heights in Israel.", "Golan Heights", ("SY", "IL", None)),
    ("The army of Morocco shelled a village in Western Sahara.", "Western Sahara", ("EH", "MA", None)),
    ("Taiwan scrambled jets.", "Taiwan", ("TW", "TW", None)),
    ("Kosovo closed the road.", "Kosovo", ("XK", "XK", None)),
    ("The ferry reached Kyrenia in Northern Cyprus.", "Northern Cyprus", ("CY", None, None)),
    ("A quake shook Abkhazia.", "Abkhazia", ("GE", None, None)),
    ("Shots were fired in South Ossetia.", "South Ossetia", ("GE", None, None)),
    ("The lights went out in Transnistria.", "Transnistria", ("MD", None, None)),
    ("Voters queued in Somaliland.", "Somaliland", ("SO", None, None)),
    ("Settlers attacked a village in the West Bank.", "West Bank", ("PS", "PS", None)),
    ("Homes burned in Gilgit-Baltistan.", "Gilgit-Baltistan", ("PK", "PK", None)),
    ("Rain fell in Damascus.", "Damascus", ("SY", "SY", "SY")),
]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_disputed_place_counts_to_the_country_that_the_policy_says(gazetteer: Gazetteer, policy: str) -> None:
    tagger = tagger_of(policy)
    for text, name, countries in CASES:
        found = place(tagger, text, name)
        assert (name, found.country_code) == (name, countries[POLICIES.index(policy)])
        known = gazetteer.with_id(found.id or "")
        assert known is not None
        assert found.point == known.point, "a policy changes the country and nothing else"
    assert tagger.kb_version.endswith(f"-{policy}") == (policy != "recognised")


def test_a_single_territory_can_be_counted_otherwise() -> None:
    tagger = tagger_of("recognised, taiwan=CN, crimea=")
    assert place(tagger, "Taiwan scrambled jets.", "Taiwan").country_code == "CN"
    assert place(tagger, "Ships left Crimea.", "Crimea").country_code is None
    assert place(tagger, "Kosovo closed the road.", "Kosovo").country_code == "XK"


@pytest.mark.parametrize("setting", ["", "un", "control, atlantis=GR", "control, taiwan", "control, taiwan=China"])
def test_a_policy_that_means_nothing_is_said_in_one_line(setting: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"disputed={setting}")) as refused:
        assigned(setting)
    assert "\n" not in str(refused.value)


def test_what_the_table_says_to_lie_in_a_territory_is_in_the_gazetteer(gazetteer: Gazetteer) -> None:
    for territory in territories().values():
        assert territory.countries or territory.admin1 or territory.ids
        assert [code for code in territory.countries if gazetteer.country(code) is None] == []
        assert [code for code in territory.admin1 if gazetteer.admin1(code) is None] == []
        assert [id_ for id_ in territory.ids if gazetteer.with_id(id_) is None] == []


def test_the_docs_have_every_territory_as_the_table_has_it() -> None:
    page = (DOCS / "disputed.md").read_text(encoding="utf-8")
    for name, t in territories().items():
        assert f"| {name} | {t.recognised or '-'} | {t.control or '-'} | {', '.join(t.claimed_by)} |" in page
