"""`wirewatch run` as a person types it: what it stores, what it says, and that nothing of it is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest

from wirewatch.resources import seeds_folder
from wirewatch.settings import Settings

PLACES = ("Homs", "Nairobi", "Lima", "Manila")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for place in PLACES:
        (folder / f"{place}.txt").write_text(
            f"Council meets in {place}\n\nThe city council of {place} met on Monday to speak about water prices.\n"
        )
    return folder


def command(settings: Settings, *arguments: str) -> tuple[list[str], dict[str, str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    return [sys.executable, "-m", "wirewatch", "run", *arguments], environment | settings.environment()


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    line, environment = command(settings, *arguments)
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=240, check=False)


def stored(settings: Settings) -> list[dict[str, Any]]:
    index = f"{settings.elasticsearch}/{settings.name_prefix}news-articles"
    httpx.post(f"{index}/_refresh").raise_for_status()
    answer = httpx.get(f"{index}/_search", params={"size": 100}).raise_for_status().json()
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def left_behind(settings: Settings) -> list[psutil.Process]:
    """Processes that have the run's own data folder on their command line or in their environment."""

    def ours(process: psutil.Process) -> bool:
        try:
            return settings.data_dir in " ".join((*process.cmdline(), *process.environ().values()))
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if process.pid != os.getpid() and ours(process)]


def wait_until(true: Callable[[], bool], seconds: float = 15.0) -> bool:
    give_up = time.monotonic() + seconds
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.alone  # it measures how long nothing is said
def test_a_run_stores_what_it_is_told_to_and_the_next_one_only_adds_what_is_new(
    settings: Settings, folder: Path
) -> None:
    settings = msgspec.structs.replace(settings, ner="off")
    first = run(settings, str(folder), "--limit", "2", "--backfill", "--json")
    assert first.returncode == 0, first.stderr
    summary = json.loads(first.stdout)
    counted = {
        name: summary[name] for name in ("read", "published", "tagged", "clustered", "indexed", "new", "refused")
    }
    assert counted == {**dict.fromkeys(counted, 2), "refused": 0}
    early = stored(settings)
    assert {document["lineage"]["kafka_topic"] for document in early} == {f"{settings.name_prefix}news.articles.bulk"}
    assert all(document["lineage"]["airflow_run_id"].startswith("manual__") for document in early)

    (folder / "picture.txt").write_bytes(bytes(range(256)) * 20)
    line, environment = command(settings, str(folder))
    process = subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stdout is not None
    heard = [time.monotonic(), *(time.monotonic() for _ in process.stderr)]
    said = process.stdout.read()
    assert process.wait(10) == 0
    assert max(later - earlier for earlier, later in pairwise(heard)) < 5.5, "something moves every five seconds"
    assert "2 new, 4 stored in all" in said
    assert "picture.txt" in said
    assert "Where to look next" in said
    assert sorted(document["title"] for document in stored(settings)) == [
        f"Council meets in {x}" for x in sorted(PLACES)
    ]
    assert not left_behind(settings)


def test_a_path_that_is_not_there_is_a_mistake_and_nothing_is_started(settings: Settings, tmp_path: Path) -> None:
    done = run(settings, str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert not Path(settings.data_dir).exists()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield int(free.getsockname()[1])


@pytest.mark.alone
def test_a_server_that_does_not_answer_is_one_line_within_15_seconds(
    settings: Settings, folder: Path, closed_port: int
) -> None:
    closed = f"127.0.0.1:{closed_port}"
    begin = time.monotonic()
    begun = []
    for away in ({"elasticsearch": f"http://{closed}"}, {"kafka": closed}):
        line, environment = command(msgspec.structs.replace(settings, **away), str(folder))
        begun.append(subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True))
    for process in begun:
        said = process.communicate(timeout=60)[1]
        assert time.monotonic() - begin < 15
        assert process.returncode == 1
        assert f"{closed} cannot be reached" in said.strip().splitlines()[-1]
        assert "Traceback" not in said
    assert not left_behind(settings)


def test_a_task_that_fails_is_named_with_its_reason_and_its_log_ends_with_it(settings: Settings, folder: Path) -> None:
    # A stranger's index stands where ours belongs: the line can be fed, but nothing can be stored.
    httpx.put(f"{settings.elasticsearch}/{settings.name_prefix}news-articles").raise_for_status()
    done = run(settings, str(folder))
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("wirewatch: news_pipeline: task ")
    (log,) = (Path(settings.data_dir) / "logs").glob("news_pipeline-*.log")
    assert str(log) in last
    task = last.removeprefix("wirewatch: news_pipeline: task ").split()[0]
    said = [line for line in log.read_text().splitlines() if f" {task}: " in line]
    assert said, "the log says in its end what the command says"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_nothing_is_left_when_it_is_stopped_in_the_middle(
    settings: Settings, folder: Path, how: signal.Signals
) -> None:
    line, environment = command(settings, str(folder))
    process = subprocess.Popen(line, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert wait_until(lambda: any("dag_process" in " ".join(each.cmdline()) for each in left_behind(settings)))
    time.sleep(0.5)
    process.send_signal(how)
    assert process.wait(15) != 0
    assert wait_until(lambda: not left_behind(settings))


@pytest.mark.long
def test_the_main_job_adds_none_the_second_time(line_settings: Settings, tmp_path: Path) -> None:
    own = Settings(data_dir=str(tmp_path / "data"), cache_dir=line_settings.cache_dir)
    first, second = (json.loads(run(own, "--json").stdout) for _ in range(2))
    assert first["new"] == second["overview"]["articles"]
    assert second["new"] == 0
    assert second["overview"] == first["overview"]


def test_the_main_job_starts_its_own_servers_and_leaves_nothing(line_settings: Settings, tmp_path: Path) -> None:
    own = Settings(data_dir=str(tmp_path / "data"), cache_dir=line_settings.cache_dir)
    line, environment = command(own, "--json")
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    listening: set[int] = set()
    while process.poll() is None:
        listening |= {port for each in left_behind(own) for port in _listening(each)}
        time.sleep(1)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    summary = json.loads(output)
    files = [path for path in seeds_folder().rglob("*") if path.is_file()]
    assert summary["files"] == len(files)
    assert summary["new"] == summary["overview"]["articles"] > 0
    assert listening
    assert not left_behind(own)
    assert not [port for port in listening if not _free(port)]


@pytest.mark.long
def test_a_wheel_does_the_same_from_another_folder_without_the_source(line_settings: Settings, tmp_path: Path) -> None:
    built, installed, elsewhere = (tmp_path / name for name in ("built", "installed", "elsewhere"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(installed)
    elsewhere.mkdir()
    line, environment = command(Settings(data_dir=str(tmp_path / "data"), cache_dir=line_settings.cache_dir), "--json")
    environment |= {"PYTHONPATH": str(installed)}
    where = [sys.executable, "-c", "import wirewatch.resources as r; print(r.__file__, r.seeds_folder())"]
    found = subprocess.run(where, env=environment, cwd=elsewhere, capture_output=True, text=True, check=True).stdout
    assert all(path.startswith(str(installed)) for path in found.split())
    first, second = (
        subprocess.run(line, env=environment, cwd=elsewhere, capture_output=True, text=True, timeout=240, check=False)
        for _ in range(2)
    )
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert json.loads(first.stdout)["new"] == json.loads(second.stdout)["overview"]["articles"] > 0
    assert json.loads(second.stdout)["new"] == 0
    assert list(elsewhere.iterdir()) == []


def _listening(process: psutil.Process) -> set[int]:
    try:
        return {each.laddr.port for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN}
    except psutil.Error:
        return set()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
