"""A line kept running by `wirewatch up`, as the tests that look at it from outside see it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.e2e.line import wait_until
from wirewatch.embedded import UpState, read_state
from wirewatch.scheduling.own_airflow import PARTS
from wirewatch.settings import Settings

WIREWATCH = (sys.executable, "-W", "ignore", "-m", "wirewatch")


def environment(data_dir: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    cache = os.environ.get("WIREWATCH_CACHE_DIR") or Settings().cache_dir
    return ours | {
        "WIREWATCH_DATA_DIR": str(data_dir),
        "WIREWATCH_CACHE_DIR": cache,
        "WIREWATCH_NER": "off",
        "WIREWATCH_PULSE_EVERY_S": "5",
    }


def wirewatch(
    data_dir: Path, *arguments: str, given: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WIREWATCH, *arguments],
        env=environment(data_dir) | variables,
        input=given,
        capture_output=True,
        text=True,
        timeout=240,
        cwd=data_dir,
    )


def wait_for(condition: Callable[[], bool], timeout_s: float, what: str) -> float:
    """As `wait_until` does, with a second between two looks: here a look is a command, and takes its time too."""
    return wait_until(condition, timeout_s, every_s=1.0, what=what)


def status(data_dir: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(wirewatch(data_dir, "status", "--json").stdout)
    return answer


def consumers(data_dir: Path) -> dict[str, psutil.Process]:
    """The consumer processes under `up`, by name."""
    found = {}
    for process in psutil.Process(state_of(data_dir).pid).children(recursive=True):
        try:
            line = process.cmdline()
        except psutil.NoSuchProcess:  # it died since, or is a zombie
            continue
        if "consume" in line and "guard" not in "".join(line):
            found[line[-1]] = process
    return found


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


def run(data_dir: Path, dag_id: str, *arguments: str) -> dict[str, Any]:
    """The run of a DAG by hand, once it is over."""
    done = wirewatch(data_dir, "dags", "run", dag_id, "--wait", "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
