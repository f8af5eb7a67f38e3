"""The Airflow of `wirewatch up` at its schedule, with a scheduler killed in mid-run, and used in a browser."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import expect

from tests.e2e.up import articles, parts, run, state_of, wait_for, wirewatch, write
from tests.integration.page import chromium

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("airflow")
    up = wirewatch(folder, "up", "--detach")
    assert up.returncode == 0, up.stdout + up.stderr
    yield folder
    wirewatch(folder, "down")


def test_a_scheduled_run_comes_by_itself_and_ends_well(data_dir: Path) -> None:
    def scheduled() -> set[str]:
        runs = json.loads(wirewatch(data_dir, "dags", "runs", "--json").stdout)
        return {each["state"] for each in runs if each["kind"] == "scheduled"}

    wait_for(lambda: bool(scheduled()), 60, what="a scheduled run")
    wait_for(lambda: "success" in scheduled(), 240, what="its good end")


def test_a_killed_scheduler_is_back_and_the_run_ends_well_with_nothing_doubled(data_dir: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "killed", *(f"Bridge inspection {n}" for n in range(20)))
    begun = wirewatch(data_dir, "dags", "run", "news_pipeline", "--json", "--param", f"folder={folder}")
    run_id = json.loads(begun.stdout)["run_id"]

    def state() -> str:
        listed = json.loads(wirewatch(data_dir, "dags", "runs", "news_pipeline", "--json").stdout)
        return next(each["state"] for each in listed if each["run_id"] == run_id)

    wait_for(lambda: state() == "running", 60, what="the run is under way")
    killed = parts(data_dir)["airflow-scheduler"]
    killed.send_signal(signal.SIGKILL)
    began = time.monotonic()
    wait_for(lambda: parts(data_dir).get("airflow-scheduler", killed).pid != killed.pid, 30, what="a new scheduler")
    assert time.monotonic() - began < 30
    wait_for(lambda: state() == "success", 240, what="the run ends well")
    stored = articles(data_dir, 'title:"Bridge inspection"')
    assert len(stored) == len({each["title"] for each in stored}) == 20


def test_an_elasticsearch_that_is_away_in_the_middle_of_a_run_is_waited_for_and_nothing_is_lost(
    data_dir: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path / "away", *(f"Culvert survey {n}" for n in range(20)))
    below = psutil.Process(state_of(data_dir).pid).children(recursive=True)
    (server,) = [one for one in below if one.name() == "java" and "elasticsearch" in " ".join(one.cmdline())]
    server.suspend()
    try:
        begun = wirewatch(data_dir, "dags", "run", "ingest_files", "--json", "--param", f"path={folder}")
        run_id = json.loads(begun.stdout)["run_id"]

        def state() -> str:
            listed = json.loads(wirewatch(data_dir, "dags", "runs", "ingest_files", "--json").stdout)
            return next(each["state"] for each in listed if each["run_id"] == run_id)

        wait_for(lambda: state() == "running", 60, what="the run is under way")
        time.sleep(90)  # longer than one try waits
        assert state() == "running"
    finally:
        server.resume()
    wait_for(lambda: state() == "success", 300, what="the run ends well")
    stored = articles(data_dir, 'title:"Culvert survey"')
    assert len(stored) == len({each["title"] for each in stored}) == 20
    assert {each["lineage"]["airflow_run_id"] for each in stored} == {run_id}


def test_triggers_at_once_of_one_dag_and_of_two_double_nothing(data_dir: Path, tmp_path: Path) -> None:
    words = "dredger AND nairobi"
    added = wirewatch(data_dir, "alerts", "add", words, "--name", "Dredgers")
    assert added.returncode == 0, added.stderr
    folder = write(tmp_path / "at-once", *(f"Dredger {name}" for name in ("Amber", "Birch", "Cedar", "Delta")))
    forms = {("news_pipeline", f"folder={folder}"): 2, ("ingest_files", f"path={folder}"): 2}
    commands = [("dags", "run", dag, "--json", "--param", given) for (dag, given), n in forms.items() for _ in range(n)]
    with ThreadPoolExecutor(len(commands)) as people:
        begun = list(people.map(lambda words: wirewatch(data_dir, *words), commands))
    assert [each.returncode for each in begun] == [0] * 4, [each.stderr for each in begun]
    ids = {json.loads(each.stdout)["run_id"] for each in begun}
    assert len(ids) == 4

    def runs() -> dict[str, dict[str, Any]]:
        listed = json.loads(wirewatch(data_dir, "dags", "runs", "--limit", "50", "--json").stdout)
        return {each["run_id"]: each for each in listed if each["run_id"] in ids}

    wait_for(lambda: {each["state"] for each in runs().values()} == {"success"}, 300, what="the runs end well")
    stored = articles(data_dir, 'title:"Dredger"')
    assert sorted(each["title"] for each in stored) == [f"Dredger {n}" for n in ("Amber", "Birch", "Cedar", "Delta")]
    index = f"{state_of(data_dir).elasticsearch}/news-alerts"
    httpx.post(f"{index}/_refresh").raise_for_status()
    found = httpx.get(f"{index}/_search", params={"q": "rule_id:dredgers", "size": 100}).json()["hits"]["hits"]
    assert sorted(hit["_source"]["story_id"] for hit in found) == sorted({each["story_id"] for each in stored})


def test_a_rule_made_in_the_browser_alerts_on_the_article_that_follows(data_dir: Path, tmp_path: Path) -> None:
    base = str(state_of(data_dir).airflow)
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1366, "height": 1200}).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{base}/dags/set_alert")
        page.get_by_label("Username").fill("admin")
        page.locator("input[type=password]").fill(
            json.loads((data_dir / "airflow" / "passwords.json").read_text())["admin"]
        )
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/dags/set_alert")
        page.get_by_role("button", name="Trigger").click()
        form = page.get_by_role("dialog")
        expect(form.get_by_text("This field is required")).to_be_visible()
        form.locator("[name=element_name]").fill("Ferries of Nairobi")
        form.locator("[name=element_query]").fill("ferry AND nairobi")
        form.locator("[name=element_countries]").fill("KE")
        form.screenshot(path=tmp_path / "form.png")
        form.get_by_role("button", name="Trigger").click()

        def rules() -> list[dict[str, Any]]:
            index = f"{state_of(data_dir).elasticsearch}/news-alert-rules/_search"
            return [hit["_source"] for hit in httpx.get(index, params={"size": 50}).json()["hits"]["hits"]]

        wait_for(lambda: "Ferries of Nairobi" in {rule["name"] for rule in rules()}, 90, what="the rule")
        wait_for(lambda: notes(data_dir, "set_alert") != [None], 60, what="the note of the run")
        page.reload()
        page.wait_for_timeout(3_000)
        page.screenshot(path=tmp_path / "grid.png")
    (note,) = notes(data_dir, "set_alert")
    assert (
        note
        == "Ferries of Nairobi (ferries-of-nairobi): added, active, version 1; ferry AND nairobi; KE; told to nobody"
    )
    run(data_dir, "news_pipeline", "--param", f"folder={write(tmp_path / 'after', 'Night ferry')}")
    index = f"{state_of(data_dir).elasticsearch}/news-alerts"
    httpx.post(f"{index}/_refresh").raise_for_status()
    found = httpx.get(f"{index}/_search", params={"q": "rule_id:ferries-of-nairobi"}).json()["hits"]["hits"]
    assert [hit["_source"]["title"] for hit in found] == ["Night ferry"]


def notes(data_dir: Path, dag_id: str) -> list[str | None]:
    """The notes of the last runs of that DAG."""
    return [each["note"] for each in json.loads(wirewatch(data_dir, "dags", "runs", dag_id, "--json").stdout)]
