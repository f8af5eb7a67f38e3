"""Gold files, the command that scores against them, its page, and agreement with another scorer."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.builders import NOW, replaced
from tests.unit.test_evaluation import RUN, TEXT
from wirewatch.cli import main
from wirewatch.errors import UnreadableInput
from wirewatch.evaluation.figures import Figure, Run, figures
from wirewatch.evaluation.gold import (
    Gold,
    GoldPlace,
    Prediction,
    TaggedActor,
    TaggedPlace,
    read_gold,
)
from wirewatch.evaluation.page import LIMITS, PUBLIC_NAMES, page
from wirewatch.evaluation.scores import END_TO_END, RECOGNISED, score
from wirewatch.evaluation.stories import StoryFigures

ACROSS = next((up / "shared/eval" for up in Path(__file__).parents[3:] if (up / "shared/eval").is_dir()), Path("none"))
GOLD = Path(__file__).parents[1] / "gold"
CORPORA = ("geowebnews", "geovirus", "re3d_dev", "gum_news")


def line(**fields: Any) -> bytes:
    return json.dumps({"id": "a", "text": TEXT} | fields).encode()


def test_a_gold_file_is_read_line_by_line() -> None:
    place = {"start": 12, "end": 16, "name": "Homs", "lat": 34.73, "lon": 36.71, "geonameid": 169577}
    (one, two) = read_gold("g", [line(toponyms=[place], more=1), b"\n", line(id=2, text="\ud800")])
    assert one.toponyms == (GoldPlace(12, 16, "Homs", 34.73, 36.71),)
    assert (two.id, two.text, two.toponyms) == (2, "\ud800", None)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([b"{"], "g:1: no gold article"),
        ([b"[]"], "object"),
        ([line(text=3)], "text"),
        ([line(toponyms=[{"start": 12, "end": 16, "name": "Hama"}])], "stands no 'Hama'"),
        ([line(actors=[{"start": 50, "end": 99, "name": "x", "type": "person"}])], "outside the text"),
        ([line(toponyms=[{"start": 12, "end": 16, "name": "Homs", "lat": 1}])], "half a point"),
        ([line(toponyms=[{"start": 12, "end": 16, "name": "Homs", "lat": 91, "lon": 0}])], "not on the earth"),
        ([line(date="soon")], "soon"),
        ([line(), line()], "g:2: the id 'a' comes twice"),
        ([], "g: no gold article is in it"),
    ],
)
def test_a_gold_file_that_is_none_is_a_users_mistake_in_one_line(lines: list[bytes], why: str) -> None:
    with pytest.raises(UnreadableInput, match=why) as it:
        list(read_gold("g", lines))
    assert "\n" not in str(it.value)


def test_title_and_date_are_read_only_where_the_main_actors_are_given() -> None:
    plain = Gold("a", TEXT, title="Rebels leave", date="2024-12-08", focus_country="SY")
    whole = replaced(plain, about=("x",))
    assert (plain.article(now=NOW).title, plain.article(now=NOW).published_at) == ("", None)
    article = whole.article(now=NOW)
    assert (article.title, f"{article.published_at:%Y-%m-%d}") == ("Rebels leave", "2024-12-08")
    assert whole.article(now=NOW, text_only=True) == plain.article(now=NOW)


def test_the_command_tells_figures_and_errors_and_gives_them_as_json(tmp_path: Path) -> None:
    path = tmp_path / "small.jsonl"
    places = [
        {"start": 12, "end": 16, "name": "Homs", "lat": 34.73, "lon": 36.71},
        {"start": 38, "end": 42, "name": "Acme", "lat": 0, "lon": 0},
    ]
    path.write_bytes(line(toponyms=places))
    shown = CliRunner().invoke(main, ["evaluate", "--no-keep", str(path)], catch_exceptions=False)
    assert shown.exit_code == 0
    assert "near end to end" in shown.stdout
    assert "place missed: Acme" in shown.stdout
    printed = CliRunner().invoke(main, ["evaluate", "--no-keep", "--json", str(path)], catch_exceptions=False)
    (run,) = json.loads(printed.stdout)
    assert (run["set"], run["documents"], run["demonyms"]) == ("small", 1, True)
    values = {(f["measure"], f["statistic"]): f["value"] for f in run["figures"]}
    assert values[END_TO_END, "accuracy"] == 0.5


def test_a_gold_file_that_is_not_there_ends_the_command_with_2(tmp_path: Path) -> None:
    gone = CliRunner().invoke(main, ["evaluate", str(tmp_path / "none.jsonl")])
    assert (gone.exit_code, gone.stderr.count("\n")) == (2, 1)


def test_the_command_wants_something_to_evaluate_against() -> None:
    nothing = CliRunner().invoke(main, ["evaluate"])
    assert (nothing.exit_code, "--corrections" in nothing.stderr) == (2, True)


def blurred(of: dict[str, Any], seed: str) -> dict[str, Any]:
    """Tags that are sometimes right: gold spans, some of them shifted, moved, doubled, dropped or invented."""
    chance, size = random.Random(seed), len(of["text"])
    found: dict[str, Any] = {"id": of["id"], "locations": [], "actors": [], "focus_country": ""}

    def near(span: dict[str, Any]) -> Iterator[tuple[int, int]]:
        start, end = span["start"], span["end"]
        if chance.random() < 0.8:
            yield (start, end) if chance.random() < 0.7 else (max(0, start - 3), min(size, end + chance.randint(0, 9)))
        if chance.random() < 0.2:
            anywhere = chance.randrange(size - 1)
            yield anywhere, min(size, anywhere + 8)
        if chance.random() < 0.1:
            yield start, end

    for gold_span in [*of.get("toponyms", []), *of.get("ignore", [])]:
        for start, end in near(gold_span):
            lat, lon = gold_span.get("lat"), gold_span.get("lon")
            if lat is not None and chance.random() < 0.9:
                lat = min(90, lat + chance.choice([0, 1, 2]))
            else:
                lat = lon = None
            place = {"start": start, "end": end, "name": of["text"][start:end], "lat": lat, "lon": lon}
            found["locations"].append(place | {"role": chance.choice(["place", "demonym"])})
    for gold_span in [*of.get("actors", []), *of.get("ignore", [])]:
        for start, end in near(gold_span):
            type_ = chance.choice(["person", "organisation"])
            found["actors"].append({"start": start, "end": end, "name": of["text"][start:end], "type": type_})
    return found


def ours(golds: list[Gold], tagged: list[dict[str, Any]], demonyms: bool) -> Run:
    def prediction(of: dict[str, Any]) -> Prediction:
        kept = [place for place in of["locations"] if demonyms or place["role"] == "place"]

        def once(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return list({(s["start"], s["end"]): s for s in reversed(spans)}.values())[::-1]

        return Prediction(
            tuple(TaggedPlace(p["start"], p["end"], p["name"], p["lat"], p["lon"]) for p in once(kept)),
            tuple(TaggedActor(a["start"], a["end"], a["name"], a["type"]) for a in once(of["actors"])),
        )

    scored = [score(one, prediction(of)) for one, of in zip(golds, tagged, strict=True)]
    return Run("s", NOW, len(golds), demonyms, "off", "", "", "", figures(scored, resamples=2))


def assert_agreement(theirs: dict[str, Any], run: Run) -> None:
    """Three digits of every figure that both have."""

    def same(measure: str, statistic: str, value: float) -> None:
        figure = run.figure(measure, statistic)
        assert figure is not None, measure
        assert figure.value == pytest.approx(value, abs=5e-4), (measure, statistic)

    for mode in ("exact", "overlap"):
        for statistic in ("precision", "recall", "f1"):
            same(f"places {mode}", statistic, theirs["recognition"][mode][statistic])
    for group, found in theirs["recognition"]["overlap"].get("recall_by_group", {}).items():
        same(f"places {group}", "recall", found["recall"])
    if theirs["resolution"]:
        for measure, key in ((RECOGNISED, "recognised"), (END_TO_END, "end_to_end")):
            same(measure, "accuracy", theirs["resolution"][key]["accuracy_161km"])
    if theirs["actors"]:
        for statistic in ("precision", "recall", "f1"):
            same("actors overlap", statistic, theirs["actors"]["all"][statistic])
            for type_, found in theirs["actors"]["by_type"].items():
                same(f"actors {type_}", statistic, found["typed"][statistic])


def scored_by_the_other(gold_path: Path, predictions: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, str(ACROSS / "score.py"), str(gold_path), str(predictions), "--json", *options]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


@pytest.mark.skipif(not ACROSS.is_dir(), reason="the development sets are not beside this checkout")
@pytest.mark.parametrize("demonyms", [True, False], ids=["with demonyms", "without"])
@pytest.mark.parametrize("corpus", CORPORA)
def test_another_scorer_finds_the_same_figures(corpus: str, demonyms: bool, tmp_path: Path) -> None:
    path = ACROSS / f"{corpus}.jsonl"
    lines = path.read_bytes().splitlines()
    tagged = [blurred(json.loads(raw), f"{corpus} {n}") for n, raw in enumerate(lines)]
    (tmp_path / "tags.jsonl").write_text("\n".join(map(json.dumps, tagged)), encoding="utf-8")
    theirs = scored_by_the_other(path, tmp_path / "tags.jsonl", *([] if demonyms else ["--without-demonyms"]))
    assert_agreement(theirs, ours(list(read_gold(corpus, lines)), tagged, demonyms))


@pytest.mark.long
@pytest.mark.skipif(not ACROSS.is_dir(), reason="the development sets are not beside this checkout")
@pytest.mark.parametrize("corpus", CORPORA)
def test_the_command_and_another_scorer_find_the_same_of_what_tag_writes(corpus: str, tmp_path: Path) -> None:
    path = ACROSS / f"{corpus}.jsonl"
    tagged = CliRunner().invoke(main, ["tag", "--jsonl", str(path)], catch_exceptions=False)
    (tmp_path / "tags.jsonl").write_text(tagged.stdout, encoding="utf-8")
    for option in ([], ["--without-demonyms"]):
        printed = CliRunner().invoke(
            main, ["evaluate", "--no-keep", "--json", *option, str(path)], catch_exceptions=False
        )
        (run,) = json.loads(printed.stdout)
        figures_ = tuple(Figure(**figure) for figure in run["figures"])
        mine = Run(corpus, NOW, run["documents"], not option, "auto", "", "", "", figures_)
        assert_agreement(scored_by_the_other(path, tmp_path / "tags.jsonl", *option), mine)


def test_the_page_names_internal_sets_by_their_public_names_and_says_the_limits() -> None:
    own = replaced(RUN, set="articles", documents=68)
    written = page([RUN, own])
    assert written.index("## Our own articles") < written.index("## GeoWebNews")
    assert "200 articles, an internal evaluation set." in written
    assert "| places found, F1 (overlap) | 0.920 | 0.900 to 0.940 | 2,608 |" in written
    assert "08 December 2024, wirewatch 0.1.0, tagger `1-a`" in written
    assert "## What these figures do not say" in written


def test_the_page_shows_how_well_stories_come_out() -> None:
    held = StoryFigures("stories_held", 61, 12, 1.0, 0.919, 1.0, 1.0, 2, 2)
    written = page([replaced(RUN, set="articles")], [held])
    assert "| tests/gold, half kept back | 61 | 12 | 1.000 | 0.919 | 1.000 / 1.000 | 2 of 2 |" in written
    assert written.index("## Which articles tell one event") < written.index("## What these figures do not say")


def test_the_page_has_one_line_for_each_other_language() -> None:
    written = page([replaced(RUN, set="articles"), replaced(RUN, set="uk"), replaced(RUN, set="ar"), RUN])
    titles = [line for line in written.splitlines() if line.startswith("## ")]
    assert titles[:3] == ["## Our own articles", "## Our own short texts in other languages", "## GeoWebNews"]
    assert re.search(r"^\| Ukrainian \| 200 \|.*\n\| Arabic \| 200 \|", written, re.M)


@pytest.mark.parametrize(
    "gold", [GOLD / "articles.jsonl", *sorted(GOLD.glob("languages/*.jsonl"))], ids=lambda path: path.name
)
def test_every_set_of_our_own_articles_can_be_evaluated(gold: Path) -> None:
    lines = gold.read_bytes().splitlines()
    assert len(list(read_gold(gold.name, lines))) == len(lines) >= 20


def test_the_page_in_the_docs_is_one_that_the_command_wrote() -> None:
    """Figures change with every run; what stands around them is the command's."""
    written = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    assert written.startswith("# How right the tags are\n\nWritten by `make quality`")
    assert written.endswith(LIMITS)
    for name in PUBLIC_NAMES.values():
        assert f"\n## {name}\n" in written
