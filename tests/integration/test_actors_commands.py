"""`wirewatch actors` as a user types it: who is added, checked, shown, suggested."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from consumers import clusterer, indexer, tagger
from tests.builders import article
from tests.e2e.line import prepare, publish
from wirewatch.cli import main
from wirewatch.search.indices import refresh
from wirewatch.settings import Settings
from wirewatch.stream import Until

RECENT = datetime.now(UTC) - timedelta(days=1)
FRONT = (
    "grey-heron-front",
    "--name",
    "Grey Heron Front",
    "--kind",
    "armed_group",
    "--country",
    "se",
    "--since",
    "2020-02-01",
)


def typed(settings: Settings, *words: str) -> Result:
    return CliRunner(env=settings.environment()).invoke(main, ["actors", *words])


@pytest.fixture
def alone(tmp_path: Path) -> Settings:
    """No servers, and a folder of actor files that is not there yet."""
    return Settings(data_dir=str(tmp_path / "data"), knowledge=str(tmp_path / "own"), cache_dir=Settings().cache_dir)


def entries(settings: Settings, name: str = "actors.toml") -> dict[str, dict[str, object]]:
    text = (Path(settings.knowledge or "") / name).read_text(encoding="utf-8")
    return {entry["id"]: entry for entry in tomllib.loads(text)["actor"]}


def test_an_added_actor_is_known_from_then_on(alone: Settings) -> None:
    result = typed(alone, "add", *FRONT, "--alias", "GHF", "--sometimes", "Herons", "--word", "Marsh fighters")
    assert result.exit_code == 0, result.output
    shown = json.loads(typed(alone, "show", "GHF", "--json").stdout)
    assert shown["id"] == "grey-heron-front"
    assert (shown["countries"], shown["since"]) == (["SE"], "2020-02-01")
    assert shown["conditional"] == [{"name": "Herons", "countries": ["SE"], "words": ["marsh fighters"]}]
    assert typed(alone, "check").exit_code == 0


def test_a_name_for_a_known_actor_keeps_its_other_names(alone: Settings) -> None:
    Path(alone.knowledge or "").mkdir()
    before = json.loads(typed(alone, "show", "hezbollah", "--json").stdout)
    assert typed(alone, "add", "hezbollah", "--alias", "Grey Heron Movement").exit_code == 0
    after = json.loads(typed(alone, "show", "hezbollah", "--json").stdout)
    assert after["aliases"] == [*before["aliases"], "Grey Heron Movement"]
    assert {key: after[key] for key in after if key != "aliases"} == {
        key: before[key] for key in before if key != "aliases"
    }


def test_an_office_is_given_as_title_place_and_days(alone: Settings) -> None:
    words = ("add", "elena-marsh", "--name", "Elena Marsh", "--kind", "person", "--country", "SE")
    offices = ("--office", "Harbour Minister:se:2021-03-01:2022-03-01", "--office", "chair:united-nations:2023-01-01")
    assert typed(alone, *words, *offices).exit_code == 0
    shown = json.loads(typed(alone, "show", "elena-marsh", "--json").stdout)
    assert shown["offices"] == [
        {"title": "harbour minister", "country": "SE", "since": "2021-03-01", "until": "2022-03-01"},
        {"title": "chair", "of": "united-nations", "since": "2023-01-01"},
    ]
    assert "elena-marsh (chair, 2023-01-01 to today)" in typed(alone, "show", "united-nations").output


def test_comments_and_entries_of_the_user_s_own_files_stay_and_an_entry_is_changed_where_it_stands(
    alone: Settings,
) -> None:
    own = Path(alone.knowledge or "")
    own.mkdir()
    text = '# Written by hand.\n\n[[actor]]\nid = "grey-heron-front"  # of the marshes\nname = "Herons of Marsh"\n'
    (own / "mine.toml").write_text(text + 'kind = "armed_group"\n', encoding="utf-8")
    assert typed(alone, "add", "grey-heron-front", "--alias", "GHF").exit_code == 0
    assert [file.name for file in own.iterdir()] == ["mine.toml"]
    assert (own / "mine.toml").read_text(encoding="utf-8").startswith(text)
    assert entries(alone, "mine.toml")["grey-heron-front"]["aliases"] == ["GHF"]


def test_a_dry_run_writes_nothing(alone: Settings) -> None:
    assert "would be added to" in typed(alone, "add", *FRONT, "--dry-run").output
    assert not Path(alone.knowledge or "").exists()


def test_without_a_folder_set_it_is_the_one_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), cache_dir=Settings().cache_dir)
    assert typed(settings, "add", *FRONT).exit_code == 0
    assert (tmp_path / "knowledge" / "actors.toml").is_file()
    assert typed(settings, "show", "grey-heron-front").exit_code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("new-one",), "give --name and --kind"),
        (("hezbollah",), "say what to add"),
        (("New_One", "--name", "X Y", "--kind", "media"), "not a readable slug"),
        ((*FRONT, "--parent", "nobody"), 'parent "nobody" is no actor'),
        ((*FRONT, "--country", "QQ"), 'country "QQ" is in no countries file'),
        ((*FRONT, "--alias", "Vladimir Putin"), "is also an alias of vladimir-putin"),
        ((*FRONT, "--alias", "also"), "is a common word"),
        ((*FRONT, "--until", "2019-01-01"), "is after until 2019-01-01"),
        ((*FRONT, "--word", "marsh"), "give that too"),
        (("a-b", "--name", "A Bc", "--kind", "media", "--sometimes", "Bc Ab"), "needs --country or --word"),
        ((*FRONT, "--office", "king"), "write TITLE:WHERE"),
        ((*FRONT, "--office", "king:SE:soon"), "a day is written"),
        ((*FRONT, "--office", "king:SE"), "only a person does"),
    ],
)
def test_what_would_break_the_schema_is_refused_in_one_line(alone: Settings, words: tuple[str, ...], why: str) -> None:
    result = typed(alone, "add", *words)
    assert result.exit_code == 2
    assert why in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path(alone.knowledge or "").exists()


def test_an_ordinary_word_gets_a_warning_also_without_servers(alone: Settings) -> None:
    result = typed(alone, "add", *FRONT, "--alias", "Resistance", "--alias", "RESIST", "--alias", "Grey Herons")
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if "warning" in line] == [
        'warning  "Resistance" is an ordinary word: no articles are stored here to count it in; a longer name, or '
        "--sometimes with --word, is safer"
    ]


def test_the_check_names_file_and_line_of_each_problem(alone: Settings) -> None:
    own = Path(alone.knowledge or "")
    own.mkdir()
    (own / "a.toml").write_text(
        '[[actor]]\nid = "a-b"\nname = "Ab Cd"\nkind = "media"\nparent = "nobody"\n\n'
        '[[actor]]\nname = "Ef Gh"\nid = "e-f"\nkind = "media"\nsince = 2020-01-02\nuntil = 2019-01-01\n',
        encoding="utf-8",
    )
    (own / "b.toml").write_text("[[actor]]\nid = \n", encoding="utf-8")
    result = typed(alone, "check")
    assert result.exit_code == 1
    assert f'{own}/a.toml:2, a-b: parent "nobody" is no actor' in result.stdout
    assert f"{own}/a.toml:9, e-f: since 2020-01-02 is after until 2019-01-01" in result.stdout
    assert f"{own}/b.toml: is not TOML" in result.stdout
    assert "at line 2" in result.stdout
    assert "3 problems" in result.stdout
    assert len(json.loads(typed(alone, "check", "--json").stdout)["problems"]) == 3


def test_an_actor_is_shown_with_what_it_belongs_to_and_what_belongs_to_it(alone: Settings) -> None:
    Path(alone.knowledge or "").mkdir()
    shown = typed(alone, "show", "al-qaeda").output
    assert "its parts:" in shown
    part = shown.partition("its parts:")[2].split(",")[0].strip()
    assert "part of:       al-qaeda" in typed(alone, "show", part).output
    government = typed(alone, "show", "russia-government").output
    assert "vladimir-putin (president, 2012-05-07 to today)" in government
    assert "government of: Russia" in government


@pytest.fixture
def news(settings: Settings, tmp_path: Path) -> Settings:
    """Six articles of yesterday about somebody who is in no list, and four others."""
    line = msgspec.structs.replace(settings, knowledge=str(tmp_path / "own"), ner="off")
    (tmp_path / "own").mkdir()
    prepare(line)
    about = [
        article(
            f"Report {n}",
            f"On day {n} Elena Marsh told reporters that the Silver Heron Brigade had left. The Tide rose {n} m.",
            published_at=RECENT,
        )
        for n in range(6)
    ]
    others = [article(f"Other {n}", f"The tide of {n} was high, and no tide is like another.") for n in range(4)]
    publish(line, [*about, *(msgspec.structs.replace(one, published_at=RECENT) for one in others)])
    for consumer in (tagger, clusterer, indexer):
        consumer.run(line, Until.END)
    refresh(line)
    return line


def test_frequent_unknown_names_are_suggested_with_the_line_that_adds_them(news: Settings) -> None:
    found = {one["name"]: one for one in json.loads(typed(news, "suggest", "--json").stdout)}
    assert found["Elena Marsh"]["articles"] == 6
    assert found["Elena Marsh"]["kind"] == "person"
    assert found["Silver Heron Brigade"]["kind"] == "armed_group"
    assert "told reporters that the Silver Heron Brigade had left." in found["Silver Heron Brigade"]["example"]
    line = found["Silver Heron Brigade"]["add"]
    assert line == "wirewatch actors add silver-heron-brigade --name 'Silver Heron Brigade' --kind armed_group"

    assert typed(news, "add", "silver-heron-brigade", "--name", "Silver Heron Brigade", "--kind", "armed_group").output
    assert "actors add silver-heron-brigade" not in typed(news, "suggest").output
    assert typed(news, "suggest", "--at-least", "7", "--json").stdout.strip() == "[]"
    assert "is in so many articles" in typed(news, "suggest", "--at-least", "7").output


def test_a_new_name_is_counted_in_the_stored_articles_of_the_last_30_days(news: Settings) -> None:
    words = ("add", *FRONT, "--alias", "Silver Heron Brigade", "--alias", "Tide")
    result = typed(news, *words, "--json")
    counts = {one["name"]: one for one in json.loads(result.stdout)["firing"]}
    assert (counts["Grey Heron Front"]["articles"], counts["Grey Heron Front"]["stored"]) == (0, 10)
    assert counts["Silver Heron Brigade"]["articles"] == 6
    assert counts["Silver Heron Brigade"]["examples"]
    assert (counts["Tide"]["articles"], counts["Tide"]["ordinary"]) == (6, 4)
    (warned,) = json.loads(result.stdout)["warnings"]
    assert '"Tide" is an ordinary word: it would fire in 6 of the 10 stored articles of the last 30 days' in warned


def test_an_added_name_shows_in_a_dry_retagging_and_then_in_a_search(news: Settings) -> None:
    run = CliRunner(env=news.environment())
    assert typed(news, "add", "silver-heron-brigade", "--name", "Silver Heron Brigade", "--kind", "armed_group").output
    assert "+6  Silver Heron Brigade (silver-heron-brigade)" in run.invoke(main, ["retag", "--dry-run"]).output
    searched = ["search", "--actor", "silver-heron-brigade", "--json"]
    assert json.loads(run.invoke(main, searched).stdout)["total"] == 0
    assert run.invoke(main, ["retag", "--since", "30d"]).exit_code == 0
    for consumer in (tagger, clusterer, indexer):
        consumer.run(news, Until.END)
    refresh(news)
    assert json.loads(run.invoke(main, searched).stdout)["total"] == 6
