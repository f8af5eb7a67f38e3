"""A document that is refused, or a server that is busy, is an error of one line whoever writes or reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.answering import Asked, answering
from tests.builders import NOW, alert
from wirewatch.errors import IndexMissing, Refused, Unavailable, WirewatchError
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.state import fresh
from wirewatch.models import Correction
from wirewatch.search.alerts import create_alerts, get_alerts
from wirewatch.search.articles import write_encoded
from wirewatch.search.asked import Question, answers
from wirewatch.search.backup import KeptDocument, restore_documents
from wirewatch.search.client import connect
from wirewatch.search.corrections import store_corrections
from wirewatch.search.documents import ARTICLES
from wirewatch.search.feeds import FeedStore, Stored
from wirewatch.search.indices import alias_of, ensure_indices
from wirewatch.search.past import past_stories, whole_articles
from wirewatch.search.pulse import pulses_passed
from wirewatch.search.retention import _delete
from wirewatch.settings import Settings

Do = Callable[[Elasticsearch, Settings], object]
CORRECTION = Correction("c", "a", "me", NOW, "text", 0, 4, "Homs", 1, "actor")
HIT = {"_index": "news-articles-000001", "_id": "a", "_seq_no": 1, "_primary_term": 1}


def feeds_written(_: Elasticsearch, settings: Settings) -> None:
    with FeedStore(settings) as store:
        store.save_states([Stored(fresh(Feed("https://a.example/rss", "A")))])


def feeds_read(_: Elasticsearch, settings: Settings) -> None:
    with FeedStore(settings) as store:
        store.memories(["a"])


BULK: dict[str, tuple[str, Do]] = {
    "alerts": ("create", lambda es, settings: create_alerts(es, settings, [alert()])),
    "documents to measure with": ("index", lambda es, settings: write_encoded(es, settings, [b"{}\n{}\n"])),
    "feeds": ("create", feeds_written),
    "old articles": ("delete", lambda es, settings: _delete(es, settings, [HIT])),
    "corrections": ("index", lambda _, settings: store_corrections(settings, [CORRECTION])),
}


def item(verb: str, status: int, **error: Any) -> Callable[[Asked], tuple[int, Any]]:
    done = {"_id": "a1", "status": status, "error": {"type": "a_type", "reason": "it says why"} | error}
    return lambda _: (200, {"errors": True, "items": [{verb: done}]})


@pytest.mark.parametrize("what", BULK)
@pytest.mark.parametrize(("status", "error"), [(400, Refused), (429, Unavailable), (503, Unavailable)])
def test_what_is_not_taken_is_said_with_its_reason(what: str, status: int, error: type[WirewatchError]) -> None:
    verb, do = BULK[what]
    raising = pytest.raises(error, match="it says why")
    with answering(item(verb, status)) as (settings, _), connect(settings) as es, raising as it:
        do(es, settings)
    assert "\n" not in str(it.value)


READS: dict[str, Do] = {
    "alerts": lambda es, settings: get_alerts(es, settings, ["a"]),
    "articles": lambda _, settings: whole_articles(settings, ["a"]),
    "stories": lambda _, settings: past_stories(settings, ["a"]),
    "the pulse": lambda _, settings: pulses_passed(settings),
    "feeds": feeds_read,
}


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize(
    ("kind", "error"), [("security_exception", Refused), ("no_shard_available_action_exception", Unavailable)]
)
def test_what_cannot_be_read_is_not_taken_for_gone(what: str, kind: str, error: type[WirewatchError]) -> None:
    unread = {"_id": "a", "error": {"type": kind, "reason": "it says why"}}
    raising = pytest.raises(error, match="it says why")
    with answering(lambda _: (200, {"docs": [unread]})) as (settings, _), connect(settings) as es, raising:
        READS[what](es, settings)


@pytest.mark.parametrize("status", [404, 409])
def test_what_another_has_changed_meanwhile_is_no_error(status: int) -> None:
    with answering(item("create", status)) as (settings, _), connect(settings) as es:
        assert create_alerts(es, settings, [alert()]) == {}
    with answering(item("delete", status)) as (settings, _), connect(settings) as es:
        assert _delete(es, settings, [HIT]) == 0


def test_a_feed_without_its_index_is_named() -> None:
    gone = {
        "type": "index_not_found_exception",
        "reason": "no such index [news-feeds-seen]",
        "index": "news-feeds-seen",
    }
    answer = {"docs": [{"_id": "a", "error": gone}]}
    raising = pytest.raises(IndexMissing, match="news-feeds-seen")
    with answering(lambda _: (200, answer)) as (settings, _), connect(settings) as es, raising:
        feeds_read(es, settings)


@pytest.mark.parametrize(("status", "error"), [(400, Refused), (429, Unavailable)])
def test_a_question_among_several_that_is_not_answered_is_an_error(status: int, error: type[WirewatchError]) -> None:
    answer = {"responses": [{"status": status, "error": {"type": "a_type", "reason": "it says why"}}]}
    raising = pytest.raises(error, match="it says why")
    with answering(lambda _: (200, answer)) as (settings, _), connect(settings) as es, raising:
        answers(es, settings, [Question(ARTICLES, {"size": 0})])


def test_a_question_to_an_index_that_is_not_there_names_it(settings: Settings) -> None:
    with connect(settings) as es, pytest.raises(IndexMissing, match=alias_of(settings, ARTICLES)):
        answers(es, settings, [Question(ARTICLES, {"size": 0})])


def test_a_backup_whose_document_the_index_refuses_names_it(settings: Settings) -> None:
    ensure_indices(settings)
    odd = KeptDocument("news-alerts", "odd", 1, {"made_at": "never"})
    with pytest.raises(Refused, match="news-alerts, document odd"):
        restore_documents(settings, [odd])
