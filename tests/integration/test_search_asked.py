"""What is asked of the index beside searching: counts, bounds, newcomers, alerts by rule, what is not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import made_news
from tests.builders import alert, article, replaced, tagged, tags
from wirewatch.alerts.rule import Area, Rule
from wirewatch.errors import IndexMissing, UserMistake
from wirewatch.models import ActorTag, ClusteredArticle, Correction, Mention
from wirewatch.models.alerts import ChannelState
from wirewatch.search.alerts import acknowledge, alerts_by_rule, create_alerts, find_alerts, get_alerts
from wirewatch.search.articles import write
from wirewatch.search.asked import Asked
from wirewatch.search.backup import count_kept
from wirewatch.search.backup_file import read_backup, write_backup
from wirewatch.search.client import connect
from wirewatch.search.corrections import Corrections, article_named, store_corrections
from wirewatch.search.deliveries import Deliveries, undelivered
from wirewatch.search.documents import article_write
from wirewatch.search.feeds import FeedStore, PollRun, last_poll
from wirewatch.search.indices import refresh
from wirewatch.search.newcomers import newcomers
from wirewatch.search.opened import find_fired
from wirewatch.search.past import narrowing, past_stories
from wirewatch.search.query import search
from wirewatch.search.rates import writes
from wirewatch.search.records import Record, get_record, keep_record
from wirewatch.search.rules import all_rules, save_rules
from wirewatch.search.situation import bounds
from wirewatch.search.stored import count_of_run
from wirewatch.search.unknown import unknown_names
from wirewatch.settings import Settings

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def filled(settings: Settings) -> Settings:
    """The settings of a line that has the made news."""
    made_news.stored(settings, NOW)
    return settings


def test_alerts_are_found_and_counted_by_their_time_and_rule(filled: Settings) -> None:
    with connect(filled) as es:
        assert len(find_alerts(es, filled)) == 4
        assert {one.story_id for one in find_alerts(es, filled, since=NOW - DAY)} == {"story-0", "story-1", "story-2"}
        fired = find_fired(es, filled, Asked(since=NOW - DAY), rule="another-rule")
        assert fired.total == 0
        assert find_fired(es, filled, Asked(since=NOW - DAY), rule="fighting-near-homs").total == 2
        assert find_fired(es, filled, Asked(source="Nobody's Post")).total == 0
    ((name, stories, newest),) = alerts_by_rule(filled, since=NOW - DAY)
    assert (name, stories, newest) == ("Fighting near Homs", 2, "Rebels enter Homs")


def test_who_has_seen_an_alert_first_stays(filled: Settings) -> None:
    with connect(filled) as es:
        (first, *_) = find_alerts(es, filled)
        for who in ("ann", "bob"):
            acknowledge(es, filled, first.id, by=who, at=NOW)
        acknowledge(es, filled, "no-such-alert", by="ann", at=NOW)
        (seen,) = get_alerts(es, filled, [first.id])
    assert seen.alert.acked_by == "ann"


def test_what_a_channel_has_not_taken_is_counted_and_tells_nobody(made: Settings) -> None:
    states = (ChannelState("desk", "failed", NOW), ChannelState("ops", "sent", NOW - DAY))
    with connect(made) as es:
        create_alerts(es, made, [alert(channels=states)])
        assert undelivered(es, made) == {"desk": 1}
        assert Deliveries(es, made).last_told("fighting-near-homs") == {"ops": NOW - DAY}


def test_the_oldest_and_newest_article_bound_what_is_asked(filled: Settings) -> None:
    with connect(filled) as es:
        oldest, newest = bounds(es, filled, Asked()) or (None, None)
        assert oldest == NOW - timedelta(hours=30)
        assert newest is not None
        assert newest > NOW - timedelta(hours=3)
        assert bounds(es, filled, Asked(country="XX")) is None
        assert writes(es, filled) == 13


def test_an_actor_of_today_who_was_in_nothing_before_is_a_newcomer(filled: Settings) -> None:
    with connect(filled) as es:
        found = newcomers(es, filled, since=NOW - DAY, until=NOW, limit=10)
    assert {one.id for one in found} == {"russia-government", "united-nations"}, "the third is in yesterday's report"


def test_what_is_not_stored_is_none(filled: Settings) -> None:
    assert set(past_stories(filled, ["story-0", "story-99"])) == {"story-0"}
    assert get_record(filled, "digest.never") is None
    assert keep_record(filled, Record("digest.today", "digest", NOW))
    assert get_record(filled, "digest.today") == Record("digest.today", "digest", NOW)
    assert last_poll(filled) is None
    assert count_of_run(filled, "manual__never") == 0
    with pytest.raises(UserMistake, match="no stored article"):
        article_named(filled, "https://nowhere.example/")


def test_the_newest_poll_is_found(made: Settings) -> None:
    runs = [PollRun(id=f"poll-{n}", began_at=NOW - n * DAY, took_s=1.0, listed=3, polled=n) for n in range(3)]
    with FeedStore(made) as store:
        for run in runs:
            store.save_run(run)
    refresh(made)
    assert last_poll(made) == runs[0]


def test_before_anything_is_stored_there_is_nothing_and_no_error(settings: Settings) -> None:
    assert all_rules(settings) == []
    assert count_of_run(settings, "manual__never") == 0
    assert count_kept(settings) == 0
    assert last_poll(settings) is None
    with pytest.raises(UserMistake, match="no stored article"):
        article_named(settings, "a1")
    with pytest.raises(IndexMissing):
        get_record(settings, "digest.today")


def test_articles_are_counted_by_the_run_that_brought_them(made: Settings) -> None:
    one = next(made_news.news(NOW))
    of = one.tagged.article
    of = replaced(of, lineage=replaced(of.lineage, airflow_run_id="manual__today"))
    with connect(made) as es:
        write(es, made, [article_write(replaced(one, tagged=replaced(one.tagged, article=of)), indexed_at=NOW)])
    assert (count_of_run(made, "manual__today"), count_of_run(made, "manual__other")) == (1, 0)


def test_a_query_that_cannot_be_read_is_a_mistake(filled: Settings) -> None:
    with pytest.raises(UserMistake, match="cannot be read"):
        search(filled, "title:(", now=NOW)
    assert search(filled, now=NOW, actor="united-nations").total == 4


def test_an_area_narrows_by_its_country() -> None:
    inside = Rule("r", "R", inside=(Area("Syria", "SY"),))
    assert {"terms": {"countries": ["SY"]}} in narrowing(inside)


def test_a_file_that_cannot_be_written_or_read_is_a_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(UserMistake, match="cannot be written"):
        write_backup(folder, [], now=NOW)
    with pytest.raises(UserMistake, match="cannot be read"):
        list(read_backup(folder))


def test_rules_and_corrections_are_read_page_by_page_to_the_end(
    made: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wirewatch.search.rules._AT_ONCE", 2)
    monkeypatch.setattr("wirewatch.search.corrections._AT_ONCE", 2)
    save_rules(made, [Rule(f"r{n}", "R", text="homs") for n in range(5)])
    assert [rule.id for rule in all_rules(made)] == [f"r{n}" for n in range(5)]
    given = [Correction(f"c{n}", "a1", "me", NOW, "text", n, n + 1, "x", 1, "actor") for n in range(5)]
    store_corrections(made, given)
    known = Corrections()
    with connect(made) as es:
        known.update(es, made)
    assert len(known.of("a1")) == 5


def test_no_more_unknown_names_are_shown_than_asked_for_and_one_in_a_headline_is_shown_with_it(made: Settings) -> None:
    def named(n: int, name: str) -> ClusteredArticle:
        one = next(made_news.news(NOW))
        id_ = f"name:{name.lower().replace(' ', '-')}"
        mention = Mention(name, 0, len(name), "person", id_, "title", None, 0, 0.7, "the model says so")
        tag = ActorTag(id_, name, "person", (), 0.5)
        of = article(f"{name} speaks", id=f"{id_}-{n}", published_at=NOW, fetched_at=NOW)
        return replaced(one, tagged=tagged(of, tags=tags(mentions=(mention,), actors=(tag,))))

    writes_ = [article_write(named(n, name), indexed_at=NOW) for name in ("Ann Able", "Bob Best") for n in range(3)]
    with connect(made) as es:
        assert not write(es, made, writes_).refused
    refresh(made)
    (one,) = unknown_names(made, without=frozenset(), since=None, at_least=2, limit=1)
    assert one.example == f"{one.name} speaks"
