"""What a run did is seen without opening a log: in its note, in news-runs, and in the events of its assets."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kafka import KafkaProducer

from tests.builders import replaced
from tests.dag_runs import dag_runs
from wirewatch.alerts.rule import Rule
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES, RUNS
from wirewatch.search.indices import alias_of, ensure_indices
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import ARTICLES_RAW

LONG_AGO = datetime.now(UTC) - timedelta(days=1)


def test_a_run_says_what_it_did_and_its_articles_lead_back_to_it(settings: Settings, tmp_path: Path) -> None:
    line = replaced(settings, ner="off")
    ensure_indices(line)
    ensure_topics(line)
    with closing(KafkaProducer(bootstrap_servers=line.kafka)) as raw:
        raw.send(line.name_prefix + ARTICLES_RAW.name, b"no article").get(10)
    save_rules(line, [Rule("homs", "Homs", text="homs", created_at=LONG_AGO, since=LONG_AGO)])
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "one.txt").write_text("Rebels enter Homs\n\nRebels entered the city of Homs in Syria on Saturday.")
    (folder / "two.txt").write_text("Port of Lagos reopens\n\nThe port of Lagos in Nigeria opened again on Sunday.")
    (folder / "bad.json").write_text("{")
    (brought, again, failed), log = dag_runs(
        line,
        tmp_path / "airflow",
        [
            ("ingest_files", {"path": str(folder)}),
            ("ingest_files", {"path": str(folder)}),
            ("ingest_files", {"path": str(tmp_path / "nowhere")}),
        ],
    )
    assert brought["note"] == "2 articles in, 2 stored, 2 refused, 1 alerts", log
    assert brought["events"] == {
        "news-articles": {"handled": 2, "refused": 0, "stored": 2},
        "news-alerts": {"handled": 2, "refused": 0, "alerts": 1},
        "news-dlq": {"consumer": "tagger", "refused": 1},
    }
    assert set(again["events"]) == {"news-articles", "news-alerts"}  # nothing was refused
    assert again["events"]["news-alerts"]["alerts"] == 0
    assert failed["note"].startswith("produce_files failed: the last line of its log says what to do")

    with asking(line) as es:
        runs = es.search(index=alias_of(line, RUNS), query={"term": {"kind": "dag_run"}}, sort=["@timestamp"])
        articles = es.search(index=alias_of(line, ARTICLES), size=10)
    records = [hit["_source"] for hit in runs["hits"]["hits"]]
    assert [(one["airflow_run_id"], one["state"], one["says"]) for one in records] == [
        (run["run_id"], run["state"], run["note"]) for run in (brought, again, failed)
    ]
    assert len(articles["hits"]["hits"]) == 2
    assert {hit["_source"]["lineage"]["airflow_run_id"] for hit in articles["hits"]["hits"]} <= {
        run["run_id"] for run in (brought, again)
    }
