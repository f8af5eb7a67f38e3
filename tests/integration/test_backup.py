"""What a lost index takes with it is kept in a file and put back, and then a replay tells nobody anything."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.builders import alert, replaced
from tests.e2e.line import forget_the_groups, prepare, publish, quick, run_the_line
from tests.planted import planted_stream, rules
from tests.receivers import Webhook, webhook
from wirewatch.alerts.changes import edited
from wirewatch.alerts.rule import Rule
from wirewatch.cli import main
from wirewatch.feeds.identity import Memory, Seen
from wirewatch.feeds.state import FeedState, HealthChange
from wirewatch.models import ActorTag, Alert, ChannelState, Correction, Metric
from wirewatch.notify import add_channel
from wirewatch.search.alerts import create_alerts, find_alerts
from wirewatch.search.backup import KEPT, kept_documents
from wirewatch.search.client import connect
from wirewatch.search.corrections import store_corrections
from wirewatch.search.feeds import FeedStore, PollRun, Remembered, Stored
from wirewatch.search.indices import delete_indices, ensure_indices, refresh
from wirewatch.search.metrics import store_metrics
from wirewatch.search.rules import get_rule, save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag

NOW = datetime.now(UTC)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


def typed(settings: Settings, *words: str) -> Result:
    return CliRunner(env=settings.environment()).invoke(main, words)


def ok(settings: Settings, *words: str) -> str:
    result = typed(settings, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def kept(settings: Settings) -> dict[tuple[str, str], Any]:
    """Everything that a backup keeps, as it is in the index now."""
    refresh(settings)
    return {(one.alias, one.id): (one.version, one.document) for page in kept_documents(settings) for one in page}


@pytest.fixture
def filled(settings: Settings) -> Settings:
    """The settings of a line that has something of everything that is kept."""
    ensure_indices(settings)
    first = edited(None, Rule("homs", "Homs", text="homs"), by="ann", now=NOW)
    save_rules(settings, [first])
    save_rules(settings, [edited(first, replaced(first, text="homs OR hama"), by="bob", now=NOW)])
    state = ChannelState("ops", "sent", NOW, 1, notification="n", occasion="first", first_at=NOW)
    told = [alert(story_id=f"s{n}", status="sent", channels=(state,), acked_by="ann", acked_at=NOW) for n in range(700)]
    with connect(settings) as es:
        create_alerts(es, settings, told)
    actor = ActorTag("a", "A", "media", ("SY",), 0.5)
    store_corrections(settings, [Correction("c1", "a1", "ann", NOW, "text", 4, 8, "Homs", 1, "place", "1", actor)])
    store_metrics(settings, [Metric("m1", NOW, "quality", "gold", "places", "f1", 0.9)])
    with FeedStore(settings) as store:
        store.save_states([Stored(FeedState("f1", "https://a.example/rss", "A", health="ok", polled_at=NOW))])
        store.save_memories({"f1": Remembered(Memory((Seen(b"i", b"c", 20_000, (b"n",)),)))}, now=NOW)
        store.save_changes([HealthChange("h1", "f1", "A", "https://a.example/rss", "new", "ok", "it answers", NOW)])
        store.save_run(PollRun("r1", NOW, polled=1))
    return settings


def test_everything_that_is_kept_is_put_back_as_it_was_and_a_second_time_changes_nothing(
    filled: Settings, tmp_path: Path
) -> None:
    before, file = kept(filled), tmp_path / "kept.jsonl.gz"
    assert {alias for alias, _ in before} == set(KEPT)
    said = json.loads(ok(filled, "backup", str(file), "--json"))
    assert said["documents"] == len(before) > 700
    assert file.stat().st_mode & 0o777 == 0o600
    delete_indices(filled)
    assert json.loads(ok(filled, "restore", str(file), "--json")) == {"written": len(before), "already_there": 0}
    assert kept(filled) == before
    assert json.loads(ok(filled, "restore", str(file), "--json")) == {"written": 0, "already_there": len(before)}
    assert kept(filled) == before
    rule = get_rule(filled, "homs")
    assert rule is not None
    assert [(change.by, change.version) for change in rule.history] == [("ann", 1), ("bob", 2)]


def test_what_is_newer_than_the_backup_stays(filled: Settings, tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl.gz"
    ok(filled, "backup", str(file))
    known = get_rule(filled, "homs")
    assert known is not None
    save_rules(filled, [edited(known, replaced(known, text="hama"), by="ann", now=NOW)])
    ok(filled, "restore", str(file))
    rule = get_rule(filled, "homs")
    assert rule is not None
    assert (rule.version, rule.text) == (3, "hama")


def test_what_cannot_be_read_whole_is_refused_in_one_line_and_nothing_of_it_is_written(
    filled: Settings, tmp_path: Path
) -> None:
    file, damaged = tmp_path / "kept.jsonl.gz", tmp_path / "damaged.jsonl.gz"
    ok(filled, "backup", str(file))
    delete_indices(filled)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    newer = json.dumps(json.loads(lines[0]) | {"wirewatch_backup": 2, "made_by": "9.9.9"}).encode() + b"\n"
    foreign = json.dumps(json.loads(lines[1]) | {"alias": "news-articles"}).encode() + b"\n"
    cases = [
        (gzip.compress(newer + b"".join(lines[1:])), "format 2, written by wirewatch 9.9.9"),
        (file.read_bytes()[:-500], "damaged"),
        (gzip.compress(lines[0] + lines[1] + lines[2][:20]), "line 3: it is damaged"),
        (gzip.compress(lines[0] + foreign), "news-articles is nothing that a backup holds"),
        (gzip.compress(b'{"title": "Rebels"}\n'), "no backup of wirewatch"),
        (b"[[rule]]", "no backup of wirewatch"),
    ]
    for content, said in cases:
        damaged.write_bytes(content)
        result = typed(filled, "restore", str(damaged))
        assert (result.exit_code, said in result.stderr) == (2, True), result.output
        assert len([line for line in result.stderr.splitlines() if line.startswith("wirewatch: ")]) == 1
        assert kept(filled) == {}


def test_an_emptied_index_does_not_take_the_place_of_a_good_backup(filled: Settings, tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl.gz"
    ok(filled, "backup", str(file))
    good = file.read_bytes()
    delete_indices(filled)
    ensure_indices(filled)
    assert "nothing to keep" in typed(filled, "backup", str(file)).output
    assert file.read_bytes() == good
    assert typed(filled, "backup", str(tmp_path / "nowhere" / "kept.gz")).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def stored(settings: Settings) -> list[Alert]:
    refresh(settings)
    with connect(settings) as es:
        return find_alerts(es, settings, limit=1_000)


def test_the_index_emptied_restored_and_everything_replayed_by_new_groups_tells_nobody_anything(
    settings: Settings, hook: Webhook, tmp_path: Path
) -> None:
    settings = quick(settings)
    prepare(settings)
    add_channel(settings, "ops", hook.url())
    save_rules(settings, rules("ops", narrow=6, since=NOW - timedelta(days=1)))
    publish(settings, planted_stream(6, 60, now=NOW).published)
    run_the_line(settings)
    told, before = list(hook.ids), stored(settings)
    assert len(told) == len(set(told)) == len(before) > 6
    ok(settings, "backup", str(tmp_path / "kept.jsonl.gz"))
    delete_indices(settings)
    ok(settings, "restore", str(tmp_path / "kept.jsonl.gz"))
    forget_the_groups(settings)
    assert lag(settings)["notifier"] >= len(before)
    run_the_line(settings)
    assert hook.ids == told
    assert stored(settings) == before
