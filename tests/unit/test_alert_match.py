"""Which article meets which rule: against a slow, plain reference, and in the words of a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, article, replaced, tagged, tags
from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.match import match
from wirewatch.alerts.query import And, Not, Or, Query, Term, parse
from wirewatch.alerts.render import alert_html, alert_markdown, alert_text, reason_text
from wirewatch.alerts.rule import Area, Near, Rule
from wirewatch.alerts.seen import Seen
from wirewatch.alerts.why_not import answers_text, why_not
from wirewatch.folding import folded
from wirewatch.geo import Point, distance_km
from wirewatch.models import (
    ActorTag,
    Alert,
    Argument,
    Choice,
    Mention,
    PlaceTag,
    RunnerUp,
    Source,
    Story,
    TaggedArticle,
)

STORY = Story("s1", "Rebels enter Homs", "a1", NOW, NOW, 1, 1, independent_outlets=1)
HOMS, HAMA, ALEPPO = Point(34.73, 36.71), Point(35.13, 36.76), Point(36.2, 37.16)
TEXT = (
    "Insurgents led by HTS entered Homs on Saturday. Government forces withdrew from the city, the ambassador said. "
    "AT&T and the U.S. said nothing about C++, al-Assad or Élysée."
)
SEEN = tagged(
    article("Rebels enter Homs", TEXT, source=Source("Harbour Wire", "www.harbourwire.example", "GB")),
    tags=tags(
        mentions=(
            Mention("HTS", 18, 21, "organisation", "hayat-tahrir-al-sham", reason="its acronym"),
            Mention("Homs", 30, 34, "place", "169577", role="place"),
        ),
        actors=(ActorTag("hayat-tahrir-al-sham", "Hayat Tahrir al-Sham", "armed_group", ("SY",), 0.8),),
        places=(PlaceTag("Homs", "169577", "SY", "city", HOMS, salience=0.9, admin1="SY.11"),),
        about_actors=("hayat-tahrir-al-sham",),
        choices=(
            Choice(
                "169577",
                "Homs, Syria",
                (1,),
                5.0,
                (Argument(3.0, "Syria is named"),),
                RunnerUp("1", "Al Khums, Libya", 2),
            ),
        ),
    ),
)


def rule(**fields: Any) -> Rule:
    return Rule("r1", "A rule", **fields)


def met(**fields: Any) -> bool:
    return bool(match(rule(**fields), SEEN, STORY))


@pytest.mark.parametrize(
    "text",
    [
        "homs",
        "HOMS AND insurgents",
        "insurg*",
        '"government forces"',
        "title:rebels",
        '"city withdrew"~3',
        "AT&T",
        "C++",
        "U.S.",
        "al-Assad",
        "elysee",
        "(nobody OR hama*) OR homs",
        "homs NOT football",
        "al-As*",
    ],
)
def test_a_text_that_is_met(text: str) -> None:
    assert met(text=text)


@pytest.mark.parametrize(
    "text",
    [
        "hom",
        "assad AND football",
        "title:insurgents",
        '"forces government"',
        '"city withdrew"~1',
        "ambassado",
        '"Rebels enter Homs Insurgents"',
        "US",
        "C",
        "homs NOT saturday",
    ],
)
def test_a_text_that_is_not_met(text: str) -> None:
    assert not met(text=text)


def test_assad_is_never_in_ambassador() -> None:
    assert not match(rule(text="assad"), tagged(article("The ambassador", "The ambassador left.")), STORY)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"actors": ("hezbollah", "hayat-tahrir-al-sham")}, True),
        ({"actors": ("hezbollah",)}, False),
        ({"actors_all": ("hezbollah", "hayat-tahrir-al-sham")}, False),
        ({"actors": ("opposition",), "members": {"opposition": ("hayat-tahrir-al-sham",)}}, False),
        ({"actors": ("opposition",), "include_members": True,
          "members": {"opposition": ("hayat-tahrir-al-sham",)}}, True),
        ({"kinds": ("armed_group",)}, True),
        ({"kinds": ("company",)}, False),
        ({"near": (Near("Hama, SY", HAMA, 50),)}, True),
        ({"near": (Near("Hama, SY", HAMA, 40),)}, False),
        ({"near": (Near("Aleppo, SY", ALEPPO, 10), Near("Homs", HOMS, 1))}, True),
        ({"inside": (Area("Syria", "SY"),)}, True),
        ({"inside": (Area("Homs Governorate", "SY", "SY.11"),)}, True),
        ({"inside": (Area("Aleppo Governorate", "SY", "SY.09"),)}, False),
        ({"countries": ("SY",)}, True),
        ({"countries": ("LB",)}, False),
        ({"about": True, "actors": ("hayat-tahrir-al-sham",)}, True),
        ({"about": True, "near": (Near("Homs", HOMS),)}, True),
        ({"sources": ("harbourwire.example",)}, True),
        ({"sources": ("Harbour WIRE",)}, True),
        ({"sources": ("other.example",)}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("fr",)}, False),
        ({"exclude_stories_older_than": "2h"}, True),
    ],
)  # fmt: skip
def test_each_condition(fields: dict[str, Any], expected: bool) -> None:
    assert met(**fields) is expected
    assert bool(RuleIndex([rule(**fields)]).matching(Seen(SEEN), STORY)) is expected


def test_an_old_story_can_be_left_out() -> None:
    old = replaced(STORY, first_seen=NOW - timedelta(hours=3))
    assert not match(rule(text="homs", exclude_stories_older_than="2h"), SEEN, old)


def test_a_reason_shows_the_words_where_they_stand_and_their_sentence() -> None:
    (reason,) = match(rule(text='"government forces"'), SEEN, STORY)
    assert reason.words == ("Government", "forces")
    assert [TEXT[a:b] for a, b in reason.spans] == ["Government", "forces"]
    assert reason.sentence == "Government forces withdrew from the city, the ambassador said."
    assert TEXT[reason.sentence_start :].startswith("Government forces")


def test_reasons_read_as_a_person_would_write_them() -> None:
    found = match(rule(actors=("hayat-tahrir-al-sham",), near=(Near("Hama, SY", HAMA),)), SEEN, STORY)
    assert [reason_text(reason) for reason in found] == [
        "Hayat Tahrir al-Sham, named “HTS” in “Insurgents led by HTS entered Homs on Saturday.” (its acronym)",
        "Homs, 45 km from Hama, SY in “Insurgents led by HTS entered Homs on Saturday.” "
        "(preferred to Al Khums, Libya: Syria is named)",
    ]


def test_why_not_says_which_condition_failed_and_how_nearly() -> None:
    asked = rule(text="homs AND football", near=(Near("Aleppo, SY", ALEPPO, 10),), min_sources=3)
    said = {answer.condition: answer for answer in why_not(asked, SEEN, STORY)}
    assert [answer.met for answer in said.values()] == [False, False, False]
    assert said["text"].says == "football is not there"
    assert said["near"].says == "the place nearest to Aleppo, SY is Homs, 168 km away; 10 km are asked"
    assert said["min_sources"].says == "1 of 3 independent outlets tell the story"
    assert "NOT near: the place nearest" in answers_text(tuple(said.values()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("insurgent", "insurgent is not there, only insurgents (write insurg* for any ending)"),
        ("title:insurgents", "insurgents is in the text, but not in the title"),
        ('"forces government"', 'the words of "forces government" are there, but not together'),
        ("football OR cricket", "none of football, cricket is there"),
        ("homs NOT saturday", "saturday is there and must not be"),
    ],
)
def test_why_not_names_what_is_nearly_there(text: str, says: str) -> None:
    (answer,) = why_not(rule(text=text), SEEN, STORY)
    assert (answer.met, answer.says) == (False, says)


def test_an_alert_in_html_and_markdown_takes_nothing_of_the_article_for_markup() -> None:
    nasty = tagged(article("<b>*Rebels*</b> enter", "Rebels <script>alert(1)</script> came."))
    reasons = match(rule(text="script OR rebels"), nasty, STORY)
    alert = Alert("i", "r1", "Rule <1>", 1, "s", "a", nasty.article.title, "new", NOW, NOW, 1,
                  url="javascript:alert(1)", reasons=reasons)  # fmt: skip
    assert "<script" not in alert_html(alert)
    assert "<b>" not in alert_html(alert)
    assert "href" not in alert_html(alert)
    assert r"\<b\>\*Rebels\*\</b\>" in alert_markdown(alert)
    assert "Rule <1>" in alert_text(alert)


# A slow, plain reference: every condition by its definition, nothing indexed, nothing remembered.

VOCABULARY = [
    "homs",
    "rebels",
    "rebel",
    "truce",
    "AT&T",
    "C++",
    "U.S.",
    "al-Assad",
    "ambassador",
    "حمص",
    "北京",
    "Élysée",
]
sentence = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=8).map(" ".join)
word = st.sampled_from(VOCABULARY)
phrase = st.lists(word, min_size=2, max_size=3).map(" ".join)
simple = st.one_of(
    word,
    word.map(lambda w: f"title:{w}"),
    st.sampled_from(["reb*", "tru*", "al-As*", "ass*"]),
    phrase.map(lambda p: f'"{p}"'),
    st.tuples(phrase, st.integers(0, 4)).map(lambda p: f'"{p[0]}"~{p[1]}'),
)
queries = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda q: f"({q[0]}) {q[1]} ({q[2]})"),
        inner.map(lambda q: f"NOT ({q})"),
    ),
    max_leaves=5,
)
points = st.builds(Point, st.floats(-89, 89), st.sampled_from([-179.9, 179.9, 0.0, 36.7, 37.2]))
rules = st.builds(
    Rule,
    id=st.just("r"),
    name=st.just("R"),
    text=st.none() | queries,
    actors=st.sampled_from([(), ("a",), ("a", "b")]),
    actors_all=st.sampled_from([(), ("a",), ("a", "b")]),
    kinds=st.sampled_from([(), ("company",)]),
    near=st.just(()) | st.tuples(st.builds(Near, st.just("x"), points, st.sampled_from([1.0, 90.0, 900.0, 9_000.0]))),
    countries=st.sampled_from([(), ("SY",), ("FR", "LB")]),
    languages=st.sampled_from([(), ("en",)]),
    about=st.booleans(),
)
articles = st.builds(
    lambda title, text, language, actors, places, about: tagged(
        article(title, text, language=language),
        tags=tags(
            mentions=(), actors=actors, places=places, focus_country=None, about_actors=about, about_locations=about
        ),
    ),
    title=sentence,
    text=sentence,
    language=st.sampled_from(["en", "fr"]),
    actors=st.lists(
        st.sampled_from([ActorTag("a", "A", "company"), ActorTag("b", "B", "media")]), max_size=2, unique=True
    ).map(tuple),
    places=st.lists(
        st.builds(
            PlaceTag,
            st.just("P"),
            st.sampled_from(["1", "2"]),
            st.sampled_from(["SY", "FR"]),
            st.sampled_from(["city", "country"]),
            points,
        ),
        max_size=2,
    ).map(tuple),
    about=st.sampled_from([(), ("a", "1")]),
)


def plainly_holds(query: Query, title: str, text: str) -> bool:
    match query:
        case And(parts):
            return all(plainly_holds(part, title, text) for part in parts)
        case Or(parts):
            return any(plainly_holds(part, title, text) for part in parts)
        case Not(part):
            return not plainly_holds(part, title, text)
        case Term():
            return any(plainly_stands(query, field) for field in ([title] if query.title else [title, text]))
    raise AssertionError


def plainly_stands(term: Term, field: str) -> bool:
    tokens = folded(field).split()
    if term.within is None:
        words = " ".join(term.tokens)
        return re.search(rf"(?:^| ){re.escape(words)}{'' if term.prefix else '(?= |$)'}", " ".join(tokens)) is not None
    longest = len(term.tokens) + term.within
    windows = [tokens[i : i + longest] for i in range(len(tokens))]
    return any(all(w.count(t) >= term.tokens.count(t) for t in term.tokens) for w in windows)


def plainly_met(asked: Rule, of: TaggedArticle) -> bool:
    found = of.tags
    about = {*found.about_actors, *found.about_locations}
    actors = {a.id for a in found.actors if not asked.about or a.id in about}
    places = [p for p in found.places if not asked.about or p.id in about]
    kinds = {a.kind for a in found.actors if a.id in actors}
    return (
        (asked.text is None or plainly_holds(parse(asked.text), of.article.title, of.article.text))
        and (not asked.actors or bool(actors & set(asked.actors)))
        and set(asked.actors_all) <= actors
        and (not asked.kinds or bool(kinds & set(asked.kinds)))
        and (not asked.near or any(p.precision == "city" and p.point and distance_km(p.point, n.point) <= n.within_km
                                   for p in places for n in asked.near))
        and (not asked.countries or bool({p.country_code for p in places} & set(asked.countries)))
        and (not asked.languages or of.article.language in asked.languages)
    )  # fmt: skip


@given(rules, articles)
def test_an_article_meets_a_rule_as_the_plain_reference_says(asked: Rule, of: TaggedArticle) -> None:
    expected = plainly_met(asked, of)
    assert bool(match(asked, of, STORY)) is expected
    assert all(answer.met for answer in why_not(asked, of, STORY)) is expected


@given(st.lists(rules, max_size=12), st.lists(articles, max_size=4))
def test_the_index_finds_the_rules_that_are_met_and_no_other(many: list[Rule], of: list[TaggedArticle]) -> None:
    numbered = [replaced(one, id=f"r{n}") for n, one in enumerate(many)]
    index = RuleIndex(numbered)
    for tried in (index, index.rebuilt()):
        for one in of:
            found = {rule.id for rule in tried.matching(Seen(one), STORY)}
            assert found == {rule.id for rule in numbered if plainly_met(rule, one)}


def test_a_rule_put_again_is_judged_as_it_is_now_and_one_removed_not_at_all() -> None:
    index = RuleIndex([rule(text="football"), replaced(rule(text="insurg*"), id="r2")])
    assert [r.id for r in index.matching(Seen(SEEN), STORY)] == ["r2"]
    index.put(rule(text="homs", version=2))
    assert {(r.id, r.version) for r in index.matching(Seen(SEEN), STORY)} == {("r1", 2), ("r2", 1)}
    index.put(rule(text="homs", version=3, state="paused"))
    index.remove("r2")
    assert index.matching(Seen(SEEN), STORY) == []
    assert len(index) == 0
