"""Each service with a user of its own, on an Elasticsearch that asks for passwords: its work, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from click.testing import CliRunner

from consumers import alerter, clusterer, indexer, notifier, tagger
from producers import retag
from tests.builders import article, replaced
from tests.e2e.line import publish
from tests.receivers import webhook
from tests.secured import as_user, elasticsearch_users, password_of, secured
from wirewatch.alerts.rule import Rule
from wirewatch.cli import main
from wirewatch.errors import Refused
from wirewatch.notify import add_channel
from wirewatch.page.report import render
from wirewatch.pulse import history
from wirewatch.pulse.trouble import Look
from wirewatch.search.alerts import find_alerts
from wirewatch.search.client import connect, reachable
from wirewatch.search.indices import ensure_indices, refresh
from wirewatch.search.metrics import store_metrics
from wirewatch.search.query import search
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.admin import ensure_topics

NOW = datetime.now(UTC)
TOLD = article(
    "Ferry Meridian runs aground off Tartus",
    "The ferry Meridian ran aground off Tartus in Syria on Tuesday, the harbour office said.",
    url="https://harbourwire.example/meridian",
    published_at=NOW,
    fetched_at=NOW,
)
RULE = Rule("ferry", "Ferry", text="meridian", notify=("ops",), created_at=NOW - timedelta(days=1),
            since=NOW - timedelta(days=1))  # fmt: skip
SERVICES = tuple(elasticsearch_users().WRITES)


@pytest.fixture(scope="module")
def line(
    named_settings: Callable[[], AbstractContextManager[Settings]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A Kafka, and an Elasticsearch with passwords whose indices the one user made who may."""
    with named_settings() as settings, secured(settings, tmp_path_factory.mktemp("secured")) as asked:
        ensure_topics(asked)
        ensure_indices(as_user(asked, "wirewatch"))
        yield asked


def of(line: Settings, service: str) -> Settings:
    return as_user(line, f"wirewatch-{service}")


def test_each_service_does_its_work_under_its_own_user(line: Settings) -> None:
    with webhook() as hook:
        add_channel(line, "ops", hook.url())
        save_rules(of(line, "tasks"), [RULE])
        publish(line, [TOLD])
        tagger.run(replaced(of(line, "tagger"), ner="off"), Until.END)
        clusterer.run(of(line, "clusterer"), Until.END)
        for service, consumer in (("indexer", indexer), ("alerter", alerter), ("notifier", notifier)):
            assert consumer.run(of(line, service), Until.END).handled == 1, service
        assert len(hook.ids) == 1
    refresh(of(line, "tasks"))
    assert [hit.id for hit in search(of(line, "page"), "meridian", now=NOW).articles] == [TOLD.id]
    with connect(of(line, "page")) as es:
        assert [alert.status for alert in find_alerts(es, of(line, "page"))] == ["sent"]
    assert "Ferry Meridian" in render(replaced(of(line, "page"), kafka=None), now=datetime.now(UTC))
    store_metrics(of(line, "pulse"), history.seen(Look(NOW, took_s=0.4, lag={"tagger": 1}, dead_letters={})))
    assert retag.run(of(line, "tasks"), everything=True, dry_run=True).stored == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_that_nothing_is_missing_and_needs_no_right_to_make_it(service: str, line: Settings) -> None:
    reachable(of(line, service))
    ensure_indices(of(line, service))


@pytest.mark.parametrize("service", SERVICES)
def test_the_health_check_of_a_service_is_refused_nothing(service: str, line: Settings) -> None:
    said = CliRunner(env=of(line, service).environment()).invoke(main, ["status", "--json"]).output
    found = json.loads(said)
    assert found["servers"]["elasticsearch"] == line.elasticsearch
    assert not [problem for problem in found["problems"] if "Elasticsearch" in problem]


INDICES = ("articles", "stories", "alerts", "alert-rules", "corrections", "metrics", "feeds", "feeds-seen", "runs")
OWN = {
    "tagger": set[str](),
    "clusterer": set[str](),
    "indexer": {"articles", "stories", "metrics"},
    "alerter": {"alerts"},
    "notifier": {"alerts", "metrics"},
    "pulse": {"metrics"},
    "page": set[str](),
    "tasks": {*INDICES},
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_its_own_indices_and_no_others(service: str, line: Settings) -> None:
    """By deleting a document that is not there: 404 where it may, 403 where it may not."""
    allowed = {name for name in INDICES if asked(line, service, "DELETE", f"news-{name}/_doc/nothing") == 404}
    refused = {name for name in INDICES if asked(line, service, "DELETE", f"news-{name}/_doc/nothing") == 403}
    assert (allowed, refused) == (OWN[service], {*INDICES} - OWN[service])


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_touches_what_is_not_the_news_or_takes_an_index_away(service: str, line: Settings) -> None:
    assert asked(line, service, "DELETE", "news-articles-000001") == 403
    assert asked(line, service, "PUT", "news-others") == 403
    if "articles" not in OWN[service]:  # Elasticsearch lets whoever writes documents add fields
        fields = {"properties": {"x": {"type": "text"}}}
        assert asked(line, service, "PUT", "news-articles-000001/_mapping", fields) == 403
    with httpx.Client(auth=(f"wirewatch-{service}", password_of(f"wirewatch-{service}"))) as http:
        assert http.get(f"{line.elasticsearch}/.security/_search").status_code == 403
        assert http.get(f"{line.elasticsearch}/_security/user").status_code == 403
        assert http.put(f"{line.elasticsearch}/secret-000001").status_code == 403


def test_a_reader_reads_the_news_and_writes_nothing(line: Settings) -> None:
    with httpx.Client(auth=("news-reader", password_of("news-reader"))) as http:
        base = f"{line.elasticsearch}/{line.name_prefix}"
        assert http.get(f"{base}news-articles/_search").status_code == 200
        assert http.delete(f"{base}news-articles/_doc/nothing").status_code == 403


def test_what_a_user_may_not_is_one_line(line: Settings) -> None:
    with pytest.raises(Refused) as caught:
        save_rules(of(line, "page"), [replaced(RULE, name="Another")])
    assert "wirewatch-page" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_one_line(line: Settings) -> None:
    with pytest.raises(Refused, match="password is wrong"):
        reachable(replaced(of(line, "page"), elasticsearch_password="another"))


def asked(line: Settings, service: str, method: str, path: str, body: object = None) -> int:
    """The status of a request by that service's user."""
    name = f"wirewatch-{service}"
    url = f"{line.elasticsearch}/{line.name_prefix}{path}"
    return httpx.request(method, url, json=body, auth=(name, password_of(name)), timeout=30).status_code
