"""The Airflow of `wirewatch up`: there with the line, used by `wirewatch dags`, back when killed, gone after `down`."""

from __future__ import annotations

import contextlib
import json
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import expect

from tests.e2e.line import wait_until
from tests.e2e.test_up import wirewatch
from tests.integration.page import chromium
from wirewatch.embedded import UpState, read_state
from wirewatch.scheduling.own_airflow import PARTS

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("airflow")
    up = wirewatch(folder, "up", "--detach")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "Airflow at http://localhost:" in up.stdout
    yield folder
    wirewatch(folder, "down")


def state_of(data_dir: Path) -> UpState:
    state = read_state(data_dir)
    assert state is not None
    return state


def parts(data_dir: Path) -> dict[str, psutil.Process]:
    """The first process of each part of Airflow under `up` that still goes by the name it was started with."""
    found = {}
    for guard in psutil.Process(state_of(data_dir).pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended while we looked
            for process in guard.children():
                line = process.cmdline()
                found.update({name: process for name, words in PARTS.items() if "airflow" in line and words[0] in line})
    return found


def articles(data_dir: Path, query: str) -> list[dict[str, Any]]:
    index = f"{state_of(data_dir).elasticsearch}/news-articles"
    httpx.post(f"{index}/_refresh").raise_for_status()
    answer = httpx.get(f"{index}/_search", params={"q": query, "size": 100}).raise_for_status().json()
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def write(folder: Path, *titles: str) -> Path:
    folder.mkdir()
    for n, title in enumerate(titles):
        (folder / f"{n}.txt").write_text(f"{title}\n\nThe council of Nairobi in Kenya met on Monday about {title}.\n")
    return folder


def run(data_dir: Path, *arguments: str) -> dict[str, Any]:
    done = wirewatch(data_dir, "dags", "run", "news_pipeline", "--wait", "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_run_by_hand_stores_its_articles_with_its_id(data_dir: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "hand", "Ferry timetable", "Harbour dredging")
    ended = run(data_dir, "--param", f"folder={folder}")
    assert ended["state"] == "success"
    assert ended["note"].startswith("2 articles in, 2 new, 2 stored, 0 refused, ")
    stored = articles(data_dir, 'text:"council of Nairobi"')
    assert sorted(each["title"] for each in stored) == ["Ferry timetable", "Harbour dredging"]
    assert {each["lineage"]["airflow_run_id"] for each in stored} == {ended["run_id"]}
    listed = json.loads(wirewatch(data_dir, "dags", "runs", "news_pipeline", "--json").stdout)
    assert ended["run_id"] in {each["run_id"] for each in listed}


def test_a_form_filled_in_wrongly_and_a_dag_that_is_not_there_are_mistakes_in_one_line(data_dir: Path) -> None:
    for arguments, words in (
        (("news_pipeline", "--param", "limit=none"), "limit"),
        (("news_pipeline", "--param", "lane=express"), "express"),
        (("no_such_dag",), "no_such_dag"),
    ):
        refused = wirewatch(data_dir, "dags", "run", *arguments)
        assert refused.returncode == 2, refused.stderr
        assert words in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_a_scheduled_run_comes_by_itself(data_dir: Path) -> None:
    def kinds() -> set[str]:
        return {each["kind"] for each in json.loads(wirewatch(data_dir, "dags", "runs", "--json").stdout)}

    wait_until(lambda: "scheduled" in kinds(), 60, what="a scheduled run")
    assert {each["lineage"]["airflow_run_id"][:9] for each in articles(data_dir, "*")} == {"manual__2"}


@pytest.mark.long
def test_a_killed_scheduler_is_back_and_the_run_ends_well_with_nothing_doubled(data_dir: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "killed", *(f"Bridge inspection {n}" for n in range(20)))
    begun = wirewatch(data_dir, "dags", "run", "news_pipeline", "--json", "--param", f"folder={folder}")
    run_id = json.loads(begun.stdout)["run_id"]

    def state() -> str:
        listed = json.loads(wirewatch(data_dir, "dags", "runs", "news_pipeline", "--json").stdout)
        return next(each["state"] for each in listed if each["run_id"] == run_id)

    wait_until(lambda: state() == "running", 60, what="the run is under way")
    killed = parts(data_dir)["airflow-scheduler"]
    killed.send_signal(signal.SIGKILL)
    began = time.monotonic()
    wait_until(lambda: parts(data_dir).get("airflow-scheduler", killed).pid != killed.pid, 30, what="a new scheduler")
    assert time.monotonic() - began < 30
    wait_until(lambda: state() == "success", 240, what="the run ends well")
    stored = articles(data_dir, 'title:"Bridge inspection"')
    assert len(stored) == len({each["title"] for each in stored}) == 20


@pytest.mark.long
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

        wait_until(lambda: "Ferries of Nairobi" in {rule["name"] for rule in rules()}, 90, what="the rule")
        wait_until(lambda: notes(data_dir, "set_alert") != [None], 60, what="the note of the run")
        page.reload()
        page.wait_for_timeout(3_000)
        page.screenshot(path=tmp_path / "grid.png")
    (note,) = notes(data_dir, "set_alert")
    assert (
        note
        == "Ferries of Nairobi (ferries-of-nairobi): added, active, version 1; ferry AND nairobi; KE; told to nobody"
    )
    run(data_dir, "--param", f"folder={write(tmp_path / 'after', 'Night ferry')}")
    index = f"{state_of(data_dir).elasticsearch}/news-alerts"
    httpx.post(f"{index}/_refresh").raise_for_status()
    found = httpx.get(f"{index}/_search", params={"q": "rule_id:ferries-of-nairobi"}).json()["hits"]["hits"]
    assert [hit["_source"]["title"] for hit in found] == ["Night ferry"]


def notes(data_dir: Path, dag_id: str) -> list[str | None]:
    """The notes of the last runs of that DAG."""
    return [each["note"] for each in json.loads(wirewatch(data_dir, "dags", "runs", dag_id, "--json").stdout)]


def test_status_shows_airflow_and_its_last_runs(data_dir: Path) -> None:
    shown = json.loads(wirewatch(data_dir, "status", "--json").stdout)
    assert shown["servers"]["airflow"] == state_of(data_dir).airflow
    assert {each["dag_id"] for each in shown["runs"]} >= {"news_pipeline"}
    assert "news_pipeline success" in wirewatch(data_dir, "status").stdout


def test_the_password_is_in_a_file_of_ours_alone_and_in_no_log(data_dir: Path) -> None:
    file = data_dir / "airflow" / "passwords.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = json.loads(file.read_text())["admin"]
    assert not [log for log in (data_dir / "logs").iterdir() if password in log.read_text(errors="replace")]


def test_down_leaves_no_part_of_airflow(data_dir: Path) -> None:
    state = state_of(data_dir)
    assert "airflow-scheduler" in parts(data_dir)
    family = [psutil.Process(state.pid), *psutil.Process(state.pid).children(recursive=True)]
    assert wirewatch(data_dir, "down").returncode == 0
    assert [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []
    assert state.airflow is not None
    with pytest.raises(httpx.ConnectError):
        httpx.get(state.airflow)
