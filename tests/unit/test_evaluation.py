"""Scoring by hand: small cases whose figures can be counted on fingers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOW, article, replaced, tags
from wirewatch.evaluation.corrected import score_corrections
from wirewatch.evaluation.errors import Error, errors, worst
from wirewatch.evaluation.figures import Figure, Run, figures, metrics
from wirewatch.evaluation.gold import (
    Gold,
    GoldActor,
    GoldPlace,
    Ignored,
    Prediction,
    Span,
    TaggedActor,
    TaggedPlace,
    predicted,
)
from wirewatch.evaluation.scores import END_TO_END, FOCUS, MAIN_ACTORS, RECOGNISED, Tally, score
from wirewatch.evaluation.spans import pairs
from wirewatch.geo import Point
from wirewatch.models import ActorTag, Mention, PlaceTag, Tags
from wirewatch.tagging.corrections import Spot, corrections_of

TEXT = "Rebels left Homs for Hama. Ann Lee of Acme saw Homs burn."
HOMS, HAMA = (34.73, 36.71), (35.13, 36.75)


def spot(name: str, nth: int = 0) -> tuple[int, int, str]:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(name, start + 1)
    return start, start + len(name), name


def gold(**fields: Any) -> Gold:
    return Gold(id="a", text=TEXT, **fields)


TOPONYMS = (
    GoldPlace(*spot("Homs"), *HOMS, group="literal"),
    GoldPlace(*spot("Hama"), *HAMA, group="literal"),
    GoldPlace(*spot("Homs", 1), *HOMS, group="associative"),
)
ACTORS = (GoldActor(*spot("Ann Lee"), type="PER"), GoldActor(*spot("Acme"), type="organization"))


def test_equal_spans_are_paired_before_long_overlaps_and_each_tag_answers_once() -> None:
    wanted = [Span(0, 10, "x"), Span(4, 6, "y")]
    assert pairs(wanted, [Span(4, 6, "y")], exact=False) == {1: 0}
    assert pairs(wanted, [Span(0, 9, "x"), Span(4, 6, "y")], exact=False) == {1: 1, 0: 0}
    assert pairs(wanted, [Span(0, 9, "x"), Span(4, 6, "y")], exact=True) == {1: 1}
    assert pairs(wanted, [Span(10, 12, "z")], exact=False) == {}


def test_places_are_counted_exactly_and_by_overlap() -> None:
    found = Prediction(
        locations=(
            TaggedPlace(*spot("Homs"), *HOMS),
            TaggedPlace(*spot("for Hama"), *HAMA),
            TaggedPlace(*spot("Acme")),
            TaggedPlace(*spot("Rebels")),
        )
    )
    counted = score(gold(toponyms=TOPONYMS, ignore=(Ignored(0, 6, "toponyms"),)), found)
    assert counted["places exact"] == Tally(1, 3, 3)  # one hit; "for Hama" and "Acme" are surplus, "Rebels" ignored
    assert counted["places overlap"] == Tally(2, 3, 3)
    assert (counted["places literal"], counted["places associative"]) == (Tally(2, 2, 2), Tally(0, 1, 1))


def test_an_ignored_span_of_the_other_layer_excuses_nothing() -> None:
    found = Prediction(locations=(TaggedPlace(*spot("Rebels")),))
    assert score(gold(toponyms=(), ignore=(Ignored(0, 6, "actors"),)), found)["places exact"] == Tally(0, 0, 1)


def test_a_place_is_right_within_161_km_and_wrong_without_a_point() -> None:
    near, far = (HOMS[0] + 1.44, HOMS[1]), (HOMS[0] + 1.46, HOMS[1])  # a degree of latitude is 111.2 km
    found = [TaggedPlace(*spot("Homs"), *near), TaggedPlace(*spot("Homs", 1), *far)]
    counted = score(gold(toponyms=TOPONYMS), Prediction(locations=tuple(found)))
    assert (counted[RECOGNISED], counted[END_TO_END]) == (Tally(1, 2, 2), Tally(1, 3, 3))
    without = score(gold(toponyms=TOPONYMS), Prediction(locations=(TaggedPlace(*spot("Homs")),)))
    assert (without[RECOGNISED], without[END_TO_END]) == (Tally(0, 1, 1), Tally(0, 3, 3))


def test_actors_are_counted_by_type_too() -> None:
    found = Prediction(actors=(TaggedActor(*spot("Lee"), type="person"), TaggedActor(*spot("Acme"), type="person")))
    counted = score(gold(actors=ACTORS), found)
    assert (counted["actors exact"], counted["actors overlap"]) == (Tally(1, 2, 2), Tally(2, 2, 2))
    assert (counted["actors person"], counted["actors organisation"]) == (Tally(1, 1, 2), Tally(0, 1, 0))


@pytest.mark.parametrize(
    ("wanted", "said", "right"), [("SY", "SY", 1), ("GB", "UK", 1), ("", None, 1), ("SY", None, 0)]
)
def test_the_focus_country_is_right_or_wrong(wanted: str, said: str | None, right: int) -> None:
    assert score(gold(focus_country=wanted), Prediction(focus_country=said)) == {FOCUS: Tally(right, 1, 1)}


def test_main_actors_about_whom_readers_differ_are_neither_right_nor_wrong() -> None:
    wanted = gold(about=("a", "b"), about_open=("c",))
    assert score(wanted, Prediction(about=("a", "c", "d"))) == {MAIN_ACTORS: Tally(1, 2, 2)}


def test_what_was_not_annotated_is_not_scored() -> None:
    assert score(gold(), Prediction(about=("a",), focus_country="SY")) == {}


def test_figures_add_up_over_articles() -> None:
    found = {f.statistic: f for f in figures([{"places exact": Tally(1, 2, 4)}, {"places exact": Tally(2, 2, 2)}, {}])}
    assert (found["precision"].value, found["recall"].value) == (3 / 6, 3 / 4)
    assert found["f1"].value == pytest.approx(0.6)
    assert (found["precision"].count, found["recall"].count) == (6, 4)


def test_a_share_has_one_figure_and_a_measure_with_nothing_in_it_none() -> None:
    found = figures([{FOCUS: Tally(1, 1, 1), "places exact": Tally(0, 0, 0)}, {FOCUS: Tally(0, 1, 1)}])
    assert [(f.measure, f.statistic, f.value) for f in found] == [(FOCUS, "accuracy", 0.5)]


def test_an_interval_holds_the_figure_narrows_with_more_articles_and_is_the_same_every_time() -> None:
    def interval(articles: int) -> Figure:
        return figures([{FOCUS: Tally(n % 4 > 0, 1, 1)} for n in range(articles)])[0]

    few, many = interval(40), interval(4_000)
    assert few == interval(40)
    assert few.low < 0.75 < few.high
    assert many.high - many.low < 0.05 < few.high - few.low
    # the textbook's 1.96 standard errors of a share
    assert few.high - few.low == pytest.approx(2 * 1.96 * (0.75 * 0.25 / 40) ** 0.5, rel=0.15)


def test_articles_that_are_all_alike_leave_no_doubt() -> None:
    found = figures([{"places exact": Tally(1, 2, 2)}] * 5)
    assert {(f.low, f.value, f.high) for f in found} == {(0.5, 0.5, 0.5)}


def test_errors_come_with_their_sentence() -> None:
    found = Prediction(
        locations=(TaggedPlace(*spot("Homs"), 40.0, -80.0), TaggedPlace(*spot("Acme"))),
        focus_country="US",
        about=("x",),
    )
    wanted = gold(toponyms=TOPONYMS, actors=ACTORS[:1], focus_country="SY", about=("y",))
    by_kind = {error.kind: error for error in errors(wanted, found)}
    assert by_kind["place far off"].sentence == "Rebels left Homs for Hama."
    assert by_kind["place far off"].km == pytest.approx(9_500, rel=0.03)
    assert by_kind["place that is none"] == Error("place that is none", "a", "Acme", "Ann Lee of Acme saw Homs burn.")
    assert by_kind["actor missed"].name == "Ann Lee"
    assert (by_kind["focus"].said, by_kind["focus"].instead_of) == ("US", "SY")
    assert (by_kind["main actors"].said, by_kind["main actors"].instead_of) == ("x", "y")


def test_what_is_right_is_no_error() -> None:
    right = Prediction(
        tuple(TaggedPlace(p.start, p.end, p.name, p.lat, p.lon) for p in TOPONYMS),
        tuple(TaggedActor(a.start, a.end, a.name, a.type) for a in ACTORS),
        "SY",
        ("y", "z"),
    )
    wanted = gold(toponyms=TOPONYMS, actors=ACTORS, focus_country="SY", about=("y",), about_open=("z",))
    assert list(errors(wanted, right)) == []


def test_the_worst_are_the_farthest_and_the_most_frequent_each_name_once() -> None:
    found = [
        *(Error("place far off", "a", name, km=km) for name, km in (("Homs", 200.0), ("Lima", 900.0), ("Homs", 300.0))),
        *(Error("place missed", "a", name) for name in ("Hama", "Acre", "Acre")),
    ]
    assert [(error.name, error.km) for error in worst(found, 2)] == [
        ("Lima", 900), ("Homs", 300), ("Acre", None), ("Hama", None),
    ]  # fmt: skip
    assert [error.name for error in worst(found, 1)] == ["Lima", "Acre"]


def test_a_long_sentence_is_shown_around_the_name() -> None:
    text = "word " * 200 + "Homs " + "word " * 200
    wanted = Gold("a", text, toponyms=(GoldPlace(1000, 1004, "Homs"),))
    (error,) = errors(wanted, Prediction())
    assert "Homs" in error.sentence
    assert len(error.sentence) <= 300


def test_demonyms_can_be_left_out_and_a_spot_counts_once() -> None:
    mentions = (
        Mention("Syrian", 0, 6, "place", "163843", role="demonym"),
        Mention("Homs", 8, 12, "place", "169577", role="place"),
        Mention("Homs", 8, 12, "place", "0", role="place"),
    )
    syria = PlaceTag("Syria", "163843", "SY", "country", Point(35, 38), role="demonym")
    found = tags(mentions=mentions, places=(*tags().places, syria))
    assert [place.name for place in predicted(found).locations] == ["Syrian", "Homs"]
    (place,) = predicted(found, demonyms=False).locations
    assert (place.name, place.point, place.country_code) == ("Homs", Point(34.73, 36.71), "SY")


RUN = Run(
    "geowebnews", NOW, 200, True, "auto", "0.1.0", "1-a", "k",
    (Figure("places overlap", "f1", 0.92, 0.9, 0.94, 2608), Figure("near end to end", "accuracy", 0.5, 0.4, 0.6, 9)),
)  # fmt: skip


def test_a_run_is_kept_as_one_metric_a_figure_under_an_id_that_lasts() -> None:
    first, second = metrics(RUN)
    assert (first.subject, first.measure, first.value, first.count) == ("geowebnews", "places overlap", 0.92, 2608)
    assert first.id != second.id
    assert [one.id for one in metrics(RUN)] == [first.id, second.id]
    assert metrics(replaced(RUN, demonyms=False))[0].id != first.id


def test_corrections_are_a_gold_set_of_their_own() -> None:
    story = article("", TEXT)
    found = Tags((Mention("Homs", 12, 16, "place", "169577"), Mention("Homs", 47, 51, "place", "0")))
    homs = PlaceTag("Homs", "169577", "SY", "city")
    spots = [Spot("text", m.start, m.end, "Homs", m) for m in found.mentions]
    made = [one for spot in spots for one in corrections_of(story, spot, homs, by="ann", now=NOW)]
    made += corrections_of(story, Spot("text", 27, 34, "Ann Lee"), ActorTag("ann", "Ann", "person"), by="x", now=NOW)
    tallies, wrong = score_corrections(story, found, made)
    assert tallies == {
        "corrections": Tally(1, 3, 3), "corrections place": Tally(1, 2, 2), "corrections actor": Tally(0, 1, 1),
    }  # fmt: skip
    assert [(e.name, e.said, e.instead_of, e.sentence) for e in wrong] == [
        ("Homs", "0", "169577", "Ann Lee of Acme saw Homs burn."),
        ("Ann Lee", "", "ann", "Ann Lee of Acme saw Homs burn."),
    ]
    assert {(f.measure, f.statistic) for f in figures([tallies])} == {(measure, "accuracy") for measure in tallies}
    gone, _ = score_corrections(replaced(story, text="Nothing."), found, made)
    assert gone == {}
