"""`wirewatch up` keeps the line running between commands, and `down` leaves nothing behind."""

from __future__ import annotations

import json
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.test_latency import WITHIN_S, measure
from tests.e2e.up import articles, consumers, parts, run, state_of, status, wait_for, wirewatch, write
from tests.receivers import webhook
from wirewatch.embedded import read_state
from wirewatch.notify import add_channel
from wirewatch.settings import Settings
from wirewatch.topics import CONSUMERS

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("up")
    up = wirewatch(folder, "up", "--detach", WIREWATCH_AIRFLOW_PAUSED="true")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "Airflow at http://localhost:" in up.stdout
    yield folder
    wirewatch(folder, "down")


# It stands here, before the line of this file is up: that one, with its Airflow, would work beside what is measured.
@pytest.mark.alone
def test_a_live_article_is_searchable_within_3_s_while_old_ones_are_tagged(settings: Settings) -> None:
    assert max(measure(settings, 2_000, 300)) < WITHIN_S


def test_the_line_is_healthy_and_every_command_finds_it(data_dir: Path) -> None:
    wait_for(lambda: not status(data_dir)["problems"], 60, what="a healthy line")
    article = json.dumps(
        {"title": "Rebels enter Homs", "text": "Fighters entered Homs in Syria.", "url": "https://a.example/1"}
    )
    produced = wirewatch(data_dir, "produce", "files", "-", given=article)
    assert produced.returncode == 0, produced.stderr
    wait_for(lambda: "Rebels enter" in wirewatch(data_dir, "search", "Homs").stdout, 60, what="the article is found")
    assert status(data_dir)["dead_letters"] == {}
    assert wirewatch(data_dir, "status").returncode == 0


def test_the_page_is_up_and_shows_what_is_stored(data_dir: Path) -> None:
    address = str(status(data_dir)["page"])
    assert address.startswith("http://127.0.0.1:")
    article = json.dumps({"title": "Ships leave Odesa", "text": "Three ships left.", "url": "https://a.example/2"})
    assert wirewatch(data_dir, "produce", "files", "-", given=article).returncode == 0
    wait_for(lambda: "Ships leave Odesa" in httpx.get(address + "articles?span=all").text, 60, what="it on the page")
    assert "all well" in httpx.get(address).text


def test_a_pulse_goes_through_the_line_and_is_no_news(data_dir: Path) -> None:
    wait_for(lambda: bool((status(data_dir)["pulse"] or {}).get("took_s")), 90, what="a pulse came through")
    assert wirewatch(data_dir, "search", "pulse", "--json").stdout.count("wirewatchpulse") == 0
    assert json.loads(wirewatch(data_dir, "alerts", "log", "--json").stdout) == []


def test_a_consumer_that_is_killed_is_started_again(data_dir: Path) -> None:
    wait_for(lambda: set(consumers(data_dir)) == set(CONSUMERS), 60, what="every consumer")
    killed = consumers(data_dir)["indexer"]
    killed.send_signal(signal.SIGKILL)
    # In one look: between two the killed one is gone, and the new one not there yet.
    wait_for(lambda: consumers(data_dir).get("indexer", killed).pid != killed.pid, 30, what="a new indexer")


def test_a_second_up_says_that_one_is_there(data_dir: Path) -> None:
    second = wirewatch(data_dir, "up", "--detach")
    assert second.returncode == 2
    assert "already up" in second.stderr


def test_a_dag_run_by_hand_stores_its_articles_with_its_id(data_dir: Path, tmp_path: Path) -> None:
    paused = wirewatch(data_dir, "dags", "run", "ingest_files")
    assert paused.returncode == 2
    assert "ingest_files is paused" in paused.stderr
    assert wirewatch(data_dir, "dags", "unpause", "ingest_files").returncode == 0

    folder = write(tmp_path / "hand", "Ferry timetable", "Harbour dredging")
    ended = run(data_dir, "ingest_files", "--param", f"path={folder}")
    assert ended["state"] == "success"
    assert ended["note"].startswith("2 articles in, 2 stored, 0 refused, ")
    stored = articles(data_dir, 'text:"council of Nairobi"')
    assert sorted(each["title"] for each in stored) == ["Ferry timetable", "Harbour dredging"]
    assert {each["lineage"]["airflow_run_id"] for each in stored} == {ended["run_id"]}
    listed = json.loads(wirewatch(data_dir, "dags", "runs", "ingest_files", "--json").stdout)
    assert [each["run_id"] for each in listed] == [ended["run_id"]]
    assert [each["dag_id"] for each in status(data_dir)["runs"]] == ["ingest_files"]
    assert "ingest_files success" in wirewatch(data_dir, "status").stdout


def test_a_form_filled_in_wrongly_and_a_dag_that_is_not_there_are_mistakes_in_one_line(data_dir: Path) -> None:
    for arguments, words in (
        (("ingest_files", "--param", "path=x", "--param", "lane=express"), "express"),
        (("no_such_dag",), "no_such_dag"),
    ):
        refused = wirewatch(data_dir, "dags", "run", *arguments)
        assert refused.returncode == 2, refused.stderr
        assert words in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_the_password_of_airflow_is_in_a_file_of_ours_alone_and_in_no_log(data_dir: Path) -> None:
    file = data_dir / "airflow" / "passwords.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = json.loads(file.read_text())["admin"]
    assert not [log for log in (data_dir / "logs").iterdir() if password in log.read_text(errors="replace")]


def test_down_leaves_no_process_and_no_port(data_dir: Path) -> None:
    state = state_of(data_dir)
    assert "airflow-scheduler" in parts(data_dir)
    family = [psutil.Process(state.pid), *psutil.Process(state.pid).children(recursive=True)]
    assert len(family) > 5
    down = wirewatch(data_dir, "down")
    assert down.returncode == 0
    assert "killed" not in down.stdout
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    addresses = (state.kafka, state.elasticsearch, *(str(one).rstrip("/") for one in (state.page, state.airflow)))
    ports = {int(address.rpartition(":")[2]) for address in addresses}
    listening = {c.laddr.port for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert not ports & listening


def test_status_and_down_of_nothing_say_so(tmp_path: Path) -> None:
    nothing = wirewatch(tmp_path, "status")
    assert nothing.returncode == 1
    assert "nothing is up here" in nothing.stdout
    assert "nothing is up here" in wirewatch(tmp_path, "down").stdout
    only_elasticsearch = {"WIREWATCH_ELASTICSEARCH": "http://127.0.0.1:9"}
    unreachable = wirewatch(tmp_path, "search", "Homs", **only_elasticsearch)
    assert unreachable.returncode == 1
    assert "Elasticsearch at http://127.0.0.1:9 cannot be reached" in unreachable.stderr
    search = wirewatch(tmp_path, "search", "Homs")
    assert search.returncode == 1
    assert "no servers are running here" in search.stderr
    assert search.stderr.count("\n") == 1


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_operations_channel_hears_of_a_stopped_alerter_and_of_stopped_servers_within_two_minutes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("operations")
    as_users_have_it = {"WIREWATCH_PULSE_EVERY_S": "", "WIREWATCH_OPERATIONS": "ops"}
    with webhook() as hook:
        add_channel(Settings(data_dir=str(folder)), "ops", hook.url())
        up = wirewatch(folder, "up", "--detach", "--no-airflow", **as_users_have_it)
        assert up.returncode == 0, up.stdout + up.stderr
        try:
            wait_for(lambda: bool((status(folder)["pulse"] or {}).get("took_s")), 180, what="a pulse came through")
            alerter = [consumers(folder)["alerter"]]
            for victims, kinds in ((alerter, ("pulse",)), (servers(folder), ("Kafka at", "Elasticsearch at"))):
                heard = len(hook.bodies)
                for victim in victims:
                    victim.suspend()

                def told(since: int = heard, kinds: tuple[str, ...] = kinds) -> bool:
                    said = "\n".join(body["message"] for body in hook.bodies[since:])
                    return all(kind in said for kind in kinds)

                took = wait_for(told, 120, what=f"the operations channel hears of {kinds}")
                print(f"{kinds}: told {took:.0f} s after they stopped")
                for victim in victims:
                    victim.resume()
                wait_for(lambda: "over" in hook.bodies[-1]["title"], 180, what="it hears that it is over")
        finally:
            wirewatch(folder, "down")


def servers(data_dir: Path) -> list[psutil.Process]:
    """Kafka and Elasticsearch under `up`."""
    state = read_state(data_dir)
    assert state is not None
    found = [one for one in psutil.Process(state.pid).children(recursive=True) if one.name() == "java"]
    assert len(found) >= 2
    return found
