"""The table of hard sentences, one by one; those known to fail must fail, or be taken off that list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from wirewatch.models import Mention, Tags
from wirewatch.settings import Settings
from wirewatch.tagging import Tagger, load_tagger
from wirewatch.tagging.export import article_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = Path(__file__).with_name("hard_sentences.txt")


class Case(NamedTuple):
    text: str
    name: str
    expected: str
    published: datetime | None
    fails: bool


def case_of(line: str) -> Case:
    text, name, expected, *more = line.split(" | ")
    dates = [m.removeprefix("as of ") for m in more if m != "FAILS"]
    published = datetime.fromisoformat(dates[0]).replace(tzinfo=UTC) if dates else None
    return Case(text, name, expected, published, "FAILS" in more)


LINES = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
CASES = [case_of(line) for line in LINES]


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger(Settings())


def tags_of(tagger: Tagger, case: Case) -> Tags:
    return tagger.tag(article_of(case.text, now=NOW, published_at=case.published), now=NOW).tags


def is_so(case: Case, tags: Tags) -> bool:
    """Whether the name in the sentence was tagged as the case says."""
    text, name = case.text, case.name
    spots = [i for i in range(len(text)) if text.startswith(name, i)]
    over = [m for m in tags.mentions if any(m.start < s + len(name) and s < m.end for s in spots)]
    same = [m for m in over if m.name == name]
    match case.expected.split():
        case ["nothing"]:
            return not over
        case ["no", "place"]:
            return not [m for m in over if m.type == "place" and m.role != "demonym"]
        case ["no", "actor"]:
            return not [m for m in over if m.type != "place"]
        case ["no", "actor", actor]:
            return not [m for m in over if m.entity_id == actor]
        case ["actor", actor]:
            return any(m.entity_id == actor for m in over)
        case ["site"]:
            return any(m.type == "place" and m.entity_id is None for m in same)
        case ["person" | "organisation" as kind]:
            return any(m.type == kind for m in same)
        case ["demonym", country]:
            return any(m.role == "demonym" and _place(tags, m)[0] == country for m in same)
        case ["place", country, precision]:
            return any(m.role == "place" and _place(tags, m) == (country, precision) for m in same)
        case _:
            raise ValueError(f"no such expectation: {case.expected}")


def _place(tags: Tags, mention: Mention) -> tuple[str, str]:
    found = (p for p in tags.places if p.id == mention.entity_id)
    return next(((p.country_code or "-", p.precision or "-") for p in found), ("", ""))


@pytest.mark.parametrize("case", [c for c in CASES if not c.fails], ids=lambda c: f"{c.text[:50]}-{c.name}")
def test_a_name_is_what_a_careful_reader_sees(tagger: Tagger, case: Case) -> None:
    tags = tags_of(tagger, case)
    assert is_so(case, tags), [(m.name, m.type, m.entity_id, m.reason) for m in tags.mentions]


@pytest.mark.parametrize("case", [c for c in CASES if c.fails], ids=lambda c: f"{c.text[:50]}-{c.name}")
def test_what_is_known_to_fail_still_fails_or_is_to_be_taken_off_the_list(tagger: Tagger, case: Case) -> None:
    assert not is_so(case, tags_of(tagger, case)), "it passes now: take FAILS off its line"


def test_the_table_is_long_and_mostly_passed() -> None:
    assert len(CASES) >= 200
    assert sum(not c.fails for c in CASES) >= 170


def test_each_case_stands_once_and_its_name_in_its_sentence() -> None:
    assert len({(c.text, c.name, c.published) for c in CASES}) == len(CASES)
    assert [c for c in CASES if c.name not in c.text and c.expected != "nothing"] == []
