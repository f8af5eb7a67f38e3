"""What the page draws, decided without a server: times, marks, shapes, problems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import cos, isclose, radians
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, replaced
from wirewatch.atlas.projection import HEIGHT, WIDTH, flat
from wirewatch.atlas.shapes import shapes
from wirewatch.errors import UserMistake
from wirewatch.models import Mention, Metric
from wirewatch.page.filters import Filters, asked_of, filters_of, step_of, window_of
from wirewatch.page.marked import paragraphs
from wirewatch.page.measured import subjects
from wirewatch.page.pulse import Pulse, problems
from wirewatch.page.spread import spread
from wirewatch.page.timeline import timeline
from wirewatch.page.words import ago, change, clock, full, length, number
from wirewatch.page.worldmap import SHADES, edges_of
from wirewatch.search.query import Hit
from wirewatch.search.rates import Arrivals
from wirewatch.search.situation import Bar


def test_filters_come_back_from_their_own_address() -> None:
    filters = Filters("7d", NOW, "SY", "united-nations", "169577", "Harbour & Wire", "en", "truce AND (gaza)")
    address = filters.at("/articles")
    assert address.startswith("/articles?span=7d&until=2024-12-08T12%3A00%3A00Z&country=SY")
    query = dict(pair.split("=") for pair in address.partition("?")[2].split("&"))
    assert filters_of({name: unquote_plus(value) for name, value in query.items()}) == filters
    assert Filters().at("/stories", "a/b?c") == "/stories/a%2Fb%3Fc"


@pytest.mark.parametrize(
    "given_", [{"span": "0h"}, {"span": "week"}, {"span": "9" * 9 + "d"}, {"until": "soon"}, {"until": "9999-99-99"}]
)
def test_a_time_that_means_nothing_is_a_mistake(given_: dict[str, str]) -> None:
    with pytest.raises(UserMistake):
        filters_of(given_)


def test_the_time_looked_at_ends_with_this_minute_and_has_one_as_long_before_it() -> None:
    window = window_of(Filters(span="24h"), now=NOW + timedelta(seconds=40))
    assert window.until == NOW + timedelta(minutes=1)
    assert window.before is not None
    assert (window.until - window.since, window.since - window.before) == (timedelta(days=1),) * 2
    assert window.open
    assert asked_of(Filters(), window).until is None  # what is dated in the future is shown too


@given(st.timedeltas(min_value=timedelta(minutes=5), max_value=timedelta(days=36_500)))
def test_some_tens_of_bars_fill_any_time(time: timedelta) -> None:
    assert time / step_of(time) <= 101


@given(st.lists(st.tuples(st.integers(-30, 90), st.integers(0, 50)), max_size=30))
def test_every_article_stands_in_a_bar_whatever_its_date(given_: list[tuple[int, int]]) -> None:
    window = window_of(Filters(span="24h"), now=NOW)
    bars = [Bar(window.since + timedelta(minutes=30 * n), count) for n, count in given_]
    line = timeline(bars, window, Filters(), now=NOW)
    total = sum(
        int(c.title.rpartition(": ")[2].split()[0].replace("\N{NARROW NO-BREAK SPACE}", "")) for c in line.columns
    )
    assert total == sum(count for _, count in given_)
    assert all(0 <= c.y <= 104 and c.height <= 104 for c in line.columns)


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@given(words, st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=8))
def test_a_marked_text_is_still_the_same_text(text: str, spots: list[tuple[int, int]]) -> None:
    mentions = [Mention("x", a, b, "place") for a, b in spots]
    lines = paragraphs(text, mentions)
    assert "\n".join("".join(piece.text for piece in line) for line in lines) == text
    at = 0
    for line in lines:
        for piece in line:
            assert all(m.start <= at and at + len(piece.text) <= m.end for m in piece.mentions)
            at += len(piece.text)
        at += 1


def test_overlapping_mentions_share_the_part_that_both_cover() -> None:
    church, city = Mention("Bank of Homs", 4, 16, "organisation"), Mention("Homs", 12, 16, "place")
    (line,) = paragraphs("The Bank of Homs said.", [church, city])
    assert [(piece.text, len(piece.mentions)) for piece in line] == [
        ("The ", 0), ("Bank of ", 1), ("Homs", 2), (" said.", 0)
    ]  # fmt: skip


def test_the_map_keeps_the_size_of_areas_and_the_whole_world_inside() -> None:
    def size(lat: float) -> float:
        (a, top), (b, _), (c, bottom) = flat(0, lat + 1), flat(1, lat + 1), flat(1, lat)
        return (b - a + c - flat(0, lat)[0]) / 2 * (bottom - top)

    assert isclose(size(0) / size(60), cos(radians(0.5)) / cos(radians(60.5)), rel_tol=0.01)
    for lon, lat in ((-180, 0), (180, 0), (0, 90), (0, -90)):
        x, y = flat(lon, lat)
        assert -0.01 <= x <= WIDTH + 0.01
        assert -0.01 <= y <= HEIGHT + 0.01


def test_a_disputed_territory_is_drawn_with_whom_the_setting_says() -> None:
    of = {policy: {shape.id: shape for shape in shapes(policy)} for policy in ("recognised", "control", "open")}
    assert [of[policy]["crimea"].country for policy in of] == ["UA", "RU", None]
    assert all(of[policy]["crimea"].disputed for policy in of)
    assert of["recognised"]["FR"].box[0] > flat(-10, 45)[0]  # France is where France is, not in South America


def test_shades_grow_by_the_same_factor() -> None:
    assert edges_of(0) == ()
    assert edges_of(1) == (1,)
    assert len(edges_of(10_000)) == SHADES


def test_a_story_spreads_from_its_first_outlet() -> None:
    hits = [
        Hit(f"a{n}", "Title", NOW + timedelta(minutes=m), source={"name": name})
        for n, (name, m) in enumerate((("A", 0), ("B", 30), ("A", 90), ("C", 120)))
    ]
    drawn = spread(hits)
    assert drawn is not None
    assert [(line.outlet, line.after, len(line.dots)) for line in drawn.lines] == [
        ("A", "first", 2), ("B", "+30 min", 1), ("C", "+2 h", 1)
    ]  # fmt: skip
    assert drawn.lines[0].dots[0].x < drawn.lines[1].dots[0].x < drawn.lines[2].dots[0].x
    assert spread([]) is None


def test_silence_is_told_from_a_line_that_is_broken() -> None:
    well = Pulse(NOW, Arrivals(NOW), lag={"tagger": 3}, running={"tagger": 1}, expected=("tagger",))
    assert problems(well, now=NOW) == []
    assert problems(well, now=NOW + timedelta(hours=5)) == ["no article came in for 5 h"]
    assert problems(replaced(well, running={"tagger": 0}), now=NOW) == ["tagger is not running"]
    assert problems(replaced(well, lag={"indexer": 12_345}), now=NOW) == [
        f"indexer is {number(12_345)} articles behind"
    ]
    assert problems(replaced(well, dead_letters={"tagger": 2}), now=NOW) == ["2 messages refused"]
    assert problems(replaced(well, troubles=("Kafka is away",)), now=NOW) == ["Kafka is away"]


def test_quality_is_compared_with_the_run_before() -> None:
    def metric(day: int, value: float) -> Metric:
        return Metric(f"m{day}", NOW + timedelta(days=day), "quality", "gold", "actors", "f1", value)

    (subject,) = subjects([metric(2, 0.91), metric(1, 0.9), metric(0, 0.5)])
    ((measure, (cell,)),) = subject.rows
    assert (measure, subject.runs) == ("actors", 3)
    assert cell is not None
    assert (cell.metric.value, cell.change) == (0.91, 0.01)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW, "just now"),
        (NOW - timedelta(minutes=5), "5 min ago"),
        (NOW - timedelta(hours=30), "30 h ago"),
        (NOW - timedelta(days=3), "3 d ago"),
        (NOW + timedelta(hours=2), "in 2 h"),
    ],
)
def test_times_are_said_as_people_do(moment: datetime, said: str) -> None:
    assert ago(moment, now=NOW) == said


def test_times_are_those_of_the_readers_zone() -> None:
    zone, now = ZoneInfo("Asia/Kathmandu"), datetime(2024, 12, 8, 20, 0, tzinfo=UTC)
    assert full(now, zone) == "9 Dec 2024, 01:45 +0545"
    assert clock(now - timedelta(hours=1), now=now, zone=zone) == "00:45"
    assert clock(now - timedelta(hours=2), now=now, zone=zone) == "8 Dec 23:45"


@pytest.mark.parametrize("night", [datetime(2024, 3, 31, tzinfo=UTC), datetime(2024, 10, 27, tzinfo=UTC)])
def test_the_ticks_of_the_time_line_are_whole_hours_of_the_readers_zone_when_clocks_are_changed_too(
    night: datetime,
) -> None:
    window = window_of(Filters(span="24h"), now=night + timedelta(hours=12))
    paris = ZoneInfo("Europe/Paris")
    ticks = timeline([], window, Filters(), now=window.until, zone=paris).ticks
    for tick in ticks:
        drawn_at = window.since + (window.until - window.since) * (tick.x / 720) + timedelta(minutes=2)  # of rounding
        local = drawn_at.astimezone(paris)
        assert tick.label == (f"{local.day} {local:%b}" if tick.strong else f"{local:%H}:00")
    assert [tick.label for tick in ticks if tick.strong] == [f"{night.day} {night:%b}"]


def test_numbers_are_said_as_people_do() -> None:
    assert clock(datetime(2023, 2, 6, 1, tzinfo=UTC), now=NOW) == "6 Feb 2023"
    assert length(timedelta(days=800)) == "2 y"
    assert [change(*pair) for pair in ((5, None), (5, 0), (0, 0), (9, 3), (11, 10), (9, 10))] == [
        ("", ""), ("new", "new"), ("same", "="), ("up", "×3"), ("up", "+10 %"), ("down", "−10 %")
    ]  # fmt: skip
