"""Real servers and real children: they come up, they answer, and none outlives the one that started it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from wirewatch.embedded import Child
from wirewatch.embedded.artifacts import fetch_jars
from wirewatch.embedded.kafka_server import KafkaServer, has_broker
from wirewatch.embedded.progress import Step
from wirewatch.embedded.started import wait_until_ready
from wirewatch.errors import ServerNotStarted
from wirewatch.settings import Settings

HOLD = """
import sys, time
from wirewatch.embedded import servers
from wirewatch.settings import Settings
with servers(Settings(data_dir=sys.argv[1], cache_dir=sys.argv[2])) as running:
    print(running.kafka, running.elasticsearch, flush=True)
    time.sleep(600)
"""
PARENT = """
import os, sys, time
from pathlib import Path
from wirewatch.embedded import Child
child = Child("sleeper", [sys.executable, "-c", sys.argv[2]], env=dict(os.environ), cwd=Path(sys.argv[1]),
              log=Path(sys.argv[1]) / "log")
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""
SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
)
ESCAPING = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], "
    "start_new_session=True); print(p.pid, flush=True); time.sleep(600)"
)


def gone(pid: int, within: float) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def logged(log: Path, within: float = 10) -> str:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if log.exists() and log.read_text():
            return log.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{log} stays empty")


def test_both_servers_answer(line_settings: Settings) -> None:
    kafka, elasticsearch = str(line_settings.kafka), str(line_settings.elasticsearch)
    assert has_broker(int(kafka.rpartition(":")[2]))
    health = httpx.get(f"{elasticsearch}/_cluster/health").json()
    assert health["status"] in {"green", "yellow"}
    assert httpx.put(f"{elasticsearch}/not-made-before/_doc/1", json={"a": 1}).status_code == 404


@pytest.mark.parametrize("numbers", [(signal.SIGKILL, signal.SIGINT)], ids=["kill -9, then Ctrl-C"])
def test_servers_end_with_their_parent_and_keep_their_data(
    numbers: tuple[signal.Signals, ...], line_settings: Settings, tmp_path: Path
) -> None:
    found = []
    for number in numbers:
        hold = [sys.executable, "-c", HOLD, str(tmp_path), line_settings.cache_dir]
        parent = subprocess.Popen(hold, stdout=subprocess.PIPE, text=True)
        try:
            assert parent.stdout is not None
            kafka, elasticsearch = parent.stdout.readline().split()
            ports = [int(address.rpartition(":")[2]) for address in (kafka, elasticsearch)]
            children = psutil.Process(parent.pid).children(recursive=True)
            assert len(children) == 4  # each server and its guard
            if number == numbers[0]:
                httpx.put(f"{elasticsearch}/kept", json={"settings": {"number_of_replicas": 0}}).raise_for_status()
                httpx.put(f"{elasticsearch}/kept/_doc/1", json={"a": 1}).raise_for_status()
            found.append(httpx.get(f"{elasticsearch}/kept/_doc/1").status_code)
            parent.send_signal(number)
            parent.wait(15)
        finally:
            parent.kill()
        assert all(gone(child.pid, within=15) for child in children)
        assert not any(map(listens, ports))
    assert found == [200, 200]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_child_ends_whatever_way_its_parent_ends(number: signal.Signals, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), SLEEP],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.send_signal(number)
    parent.wait(10)
    assert gone(pid, within=5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_child_dies_with_its_guard(tmp_path: Path) -> None:
    child = Child("sleeper", [sys.executable, "-c", SLEEP], env={}, cwd=tmp_path, log=tmp_path / "log")
    child.start()
    assert child.pid is not None
    psutil.Process(child.pid).parent().kill()
    assert gone(child.pid, within=5)
    assert not child.alive()


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], env={}, cwd=tmp_path, log=tmp_path / "log")
    child.start()
    logged(child.log)
    started = time.monotonic()
    assert child.stop(grace=0.5) == 128 + signal.SIGKILL
    assert 0.4 < time.monotonic() - started < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to the guard")
def test_what_a_child_left_in_another_session_ends_too(tmp_path: Path) -> None:
    child = Child("escaping", [sys.executable, "-c", ESCAPING], env={}, cwd=tmp_path, log=tmp_path / "log")
    child.start()
    escaped = int(logged(child.log))
    child.stop(grace=5)
    assert gone(escaped, within=5)


def test_a_child_has_its_exit_code_and_keeps_the_log_before(tmp_path: Path) -> None:
    for word in ("first", "second"):
        code = f"print('{word}'); raise SystemExit(3)"
        child = Child("brief", [sys.executable, "-c", code], env={}, cwd=tmp_path, log=tmp_path / "log")
        child.start()
        until = time.monotonic() + 10
        while child.alive() and time.monotonic() < until:
            time.sleep(0.02)
        assert child.exit_code() == 3
        assert child.tail(1) == word
    assert (tmp_path / "log.1").read_text() == "first\n"


def said(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def test_the_log_of_a_child_that_runs_for_weeks_stays_short_and_ends_with_what_it_said_last(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "import time\nfor n in range(40): print(f'{n:4}', 'x' * 995, flush=True); time.sleep(.05)\ntime.sleep(60)"
    child = Child("talker", [sys.executable, "-c", script], env={}, cwd=tmp_path, log=log, log_limit=10_000)
    child.start()
    try:
        until = time.monotonic() + 20
        while not any("  39 " in said(file) for file in (log, tmp_path / "log.1")) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        child.stop()
    assert log.stat().st_size < 30_000
    lines = [int(line[:4]) for line in (tmp_path / "log.1").read_text().splitlines() + log.read_text().splitlines()]
    assert lines == list(range(lines[0], 40))
    assert lines[0] > 0


def test_a_program_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    child = Child("absent", [str(tmp_path / "absent")], env={}, cwd=tmp_path, log=tmp_path / "log")
    with pytest.raises(ServerNotStarted, match=r"absent cannot be started: .*No such file"):
        child.start()


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(tmp_path: Path) -> None:
    code = "print('\\n'.join(f'line {n}' for n in range(40))); raise SystemExit(7)"
    child = Child("Broken", [sys.executable, "-c", code], env={}, cwd=tmp_path, log=tmp_path / "log")
    child.start()
    with pytest.raises(ServerNotStarted) as error:
        wait_until_ready(child, lambda: False, Step("Broken"), limit=20)
    said = str(error.value)
    assert "Broken ended with exit code 7" in said
    assert str(child.log) in said
    assert "line 25" in said
    assert "line 24\n" not in said


def test_kafka_with_corrupt_data_says_why(line_settings: Settings, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), cache_dir=line_settings.cache_dir)
    home = tmp_path / "kafka"
    (home / "data").mkdir(parents=True)
    (home / "formatted").touch()
    (home / "data" / "meta.properties").write_text("version=1\ncluster.id=x\nnode.id=99\n")
    server = KafkaServer(settings)
    with pytest.raises(ServerNotStarted, match=r"(?s)Kafka ended with exit code .*99"):
        server.start()


def test_a_file_that_was_cut_or_lost_is_fetched_again(tmp_path: Path) -> None:
    coordinates = ("org.slf4j:slf4j-simple:1.7.36",)
    jars = fetch_jars("small", coordinates, tmp_path, Step("small"))
    whole = {jar: jar.read_bytes() for jar in jars}
    assert len(whole) == 2
    jars[0].write_bytes(whole[jars[0]][:100])
    jars[1].unlink()
    (jars[1].parent / (jars[1].name + ".part")).write_bytes(whole[jars[1]][:200])
    assert fetch_jars("small", coordinates, tmp_path, Step("small")) == jars
    assert {jar: jar.read_bytes() for jar in jars} == whole
