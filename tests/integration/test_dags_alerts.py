"""The DAGs by which rules are tried, made and changed, on a real Elasticsearch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.builders import article, tagged
from tests.dag_runs import dag_runs
from tests.integration.test_alerts_commands import store
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import all_rules, get_rule
from wirewatch.settings import Settings


def test_a_form_tries_makes_changes_and_refuses_a_rule(settings: Settings, tmp_path: Path) -> None:
    ensure_indices(settings)
    recent = datetime.now(UTC) - timedelta(days=2)
    texts = ["Rebels entered Homs.", "Government forces left Homs.", "A football match."]
    store(
        settings,
        *(tagged(article(f"Report {n}", text, id=f"a{n}", published_at=recent)) for n, text in enumerate(texts)),
    )
    rebels = {"name": "Rebels on the move", "query": "rebels AND homs", "channels": ["ops"]}
    answers, log = dag_runs(
        settings,
        tmp_path,
        [
            ("test_alert", {"query": "rebels AND homs", "days": 7}),
            ("set_alert", rebels),
            ("set_alert", rebels),
            ("set_alert", rebels | {"place": "Homs, SY", "within_km": 20, "min_sources": 2}),
            ("set_alert", {"name": "Anything"}),
            ("set_alert", {"name": "No such actor", "actors": ["hezbolah"]}),
            ("test_alert", {"query": "rebels AND"}),
        ],
    )
    tried, added, again, changed, *refused = answers

    result = tried["tasks"]["try_rule"]["result"]
    assert result["says"] == "1 articles in 1 stories met it in 7 days; you would have been paged 1 time"
    assert "Report 0" in result["text"]
    assert "“Homs” in “Rebels entered Homs.”" in result["text"]
    assert all(line in log for line in result["text"].splitlines())

    kept = [run["tasks"]["keep_rule"]["result"] for run in (added, again, changed)]
    assert [(one["what"], one["version"]) for one in kept] == [("added", 1), ("as it was", 1), ("changed", 2)]
    (rule,) = all_rules(settings)
    assert rule == get_rule(settings, "rebels-on-the-move")
    assert (rule.text, rule.near[0].within_km, rule.min_sources) == ("rebels AND homs", 20, 2)
    assert rule.notify == ("ops",)

    assert [run["state"] for run in refused] == ["failed"] * 3
    assert {task["tries"] for run in refused for task in run["tasks"].values()} == {1}
    assert "every article would meet it: add words, actors, places or countries" in log
    assert "no actor 'hezbolah' is known; did you mean hezbollah?" in log
    assert "test_alert (trial): query, character" in log
