"""The table of hard sentences, one by one; those known to fail are listed, and must fail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.tagging_cases import CASES
from wirewatch.models import Mention, Tags
from wirewatch.settings import Settings
from wirewatch.tagging import Tagger, load_tagger
from wirewatch.tagging.export import article_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)

KNOWN_TO_FAIL: frozenset[tuple[str, str]] = frozenset(
    {
        ("We had turkey for dinner, and the Turkey dinner was a success.", "Turkey"),
        ("NATO ministers met in Brussels.", "NATO"),
    }
)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger(Settings())


def tags_of(tagger: Tagger, case: str) -> tuple[str, Tags]:
    dated, bar, text = case.partition("|")
    day = datetime.fromisoformat(dated.removeprefix("as of ")).replace(tzinfo=UTC) if bar else None
    text = text if bar else case
    return text, tagger.tag(article_of(text, now=NOW, published_at=day), now=NOW).tags


def is_so(text: str, tags: Tags, name: str, expected: str) -> bool:
    """Whether ``name`` in ``text`` was tagged as ``expected`` says."""
    spots = [i for i in range(len(text)) if text.startswith(name, i)]
    over = [m for m in tags.mentions if any(m.start < s + len(name) and s < m.end for s in spots)]
    same = [m for m in over if m.name == name]
    kind, *rest = expected.split()
    match kind:
        case "nothing":
            return not over
        case "no" if rest[0] == "place":
            return not [m for m in over if m.type == "place" and m.role != "demonym"]
        case "no":
            return not [m for m in over if m.type != "place"]
        case "actor":
            return any(m.entity_id == rest[0] for m in over)
        case "person" | "organisation":
            return any(m.type == kind for m in same)
        case "demonym":
            return any(m.role == "demonym" and _country(tags, m) == rest[0] for m in same)
        case _:
            return any(m.role == "place" and _place(tags, m) == rest for m in same)


def _country(tags: Tags, mention: Mention) -> str:
    return next((p.country_code or "-" for p in tags.places if p.id == mention.entity_id), "-")


def _place(tags: Tags, mention: Mention) -> list[str]:
    return next(([p.country_code or "-", p.precision or "-"] for p in tags.places if p.id == mention.entity_id), [])


@pytest.mark.parametrize(("case", "name", "expected"), [c for c in CASES if c[:2] not in KNOWN_TO_FAIL])
def test_a_name_is_what_a_careful_reader_sees(tagger: Tagger, case: str, name: str, expected: str) -> None:
    text, tags = tags_of(tagger, case)
    assert is_so(text, tags, name, expected), [(m.name, m.type, m.entity_id, m.reason) for m in tags.mentions]


@pytest.mark.parametrize(("case", "name", "expected"), [c for c in CASES if c[:2] in KNOWN_TO_FAIL])
def test_what_is_known_to_fail_still_fails_or_is_to_be_taken_off_the_list(
    tagger: Tagger, case: str, name: str, expected: str
) -> None:
    text, tags = tags_of(tagger, case)
    assert not is_so(text, tags, name, expected), "it passes now: take it out of KNOWN_TO_FAIL"


def test_the_list_of_known_failures_names_cases_that_exist() -> None:
    assert {c[:2] for c in CASES} >= KNOWN_TO_FAIL
