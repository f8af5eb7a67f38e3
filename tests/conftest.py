"""Real servers for the tests, started once per run, and a name of its own for each test.

`make test` runs several workers (pytest-xdist): the servers are started before them and they find the addresses in the
environment. A test that measures is marked ``alone`` and has the machine for itself.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
import hypothesis
import msgspec
import pytest

from wirewatch.embedded import servers
from wirewatch.settings import Settings
from wirewatch.stream.admin import delete_topics

hypothesis.settings.register_profile("wirewatch", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("wirewatch")

# Begun in the background of a script, or by nohup, a suite is deaf to these, and so would be all that it starts.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

KAFKA, ELASTICSEARCH = "WIREWATCH_TEST_KAFKA", "WIREWATCH_TEST_ELASTICSEARCH"
"""Name servers that run already: given by hand for quick repetition, or by this file to its workers."""

WORKER = "PYTEST_XDIST_WORKER"


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers for all workers, where there are workers and this is not one."""
    if WORKER in os.environ or not getattr(config.option, "numprocesses", None) or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="wirewatch-tests-"))
    folder.chmod(0o755)  # Elasticsearch runs as another user than root
    started = ExitStack()
    config.add_cleanup(started.close)
    started.callback(shutil.rmtree, folder, ignore_errors=True)
    running = started.enter_context(servers(line_of(folder)))
    os.environ[KAFKA], os.environ[ELASTICSEARCH] = str(running.kafka), str(running.elasticsearch)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A name for bytes that is the same in every worker: compressed ones hold the time of day."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


def line_of(folder: Path) -> Settings:
    """Settings of the servers of this run, which keep their data in ``folder``."""
    return Settings(
        kafka=os.environ.get(KAFKA) or None,
        elasticsearch=os.environ.get(ELASTICSEARCH) or None,
        data_dir=str(folder),
        cache_dir=os.environ.get("WIREWATCH_CACHE_DIR") or Settings().cache_dir,
    )


@pytest.fixture(autouse=True)
def _machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hold the machine together with other tests, or alone.

    Whoever waits to have it alone stands in the door, so that nobody else slips in before.
    """
    if WORKER not in os.environ:
        yield
        return
    folder = tmp_path_factory.getbasetemp().parent
    with (folder / "door").open("w") as door, (folder / "machine").open("w") as machine:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@pytest.fixture(scope="session")
def line_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a Kafka and an Elasticsearch that run until the last test."""
    with servers(line_of(tmp_path_factory.mktemp("servers"))) as running:
        yield running


@pytest.fixture(scope="session")
def named_settings(
    line_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], AbstractContextManager[Settings]]:
    """Makes settings of the same servers with names (``t3f9a1.``…) and a data folder that nobody else uses."""

    @contextmanager
    def named() -> Iterator[Settings]:
        prefix = f"t{secrets.token_hex(3)}."
        data = tmp_path_factory.mktemp("data")
        yield msgspec.structs.replace(line_settings, name_prefix=prefix, data_dir=str(data / "data"))
        # A node holds a limited number of shards, a broker of thousands of topics is slow, a run has hundreds of tests.
        if line_settings.kafka:
            delete_topics(msgspec.structs.replace(line_settings, name_prefix=prefix))
        with httpx.Client(base_url=str(line_settings.elasticsearch), timeout=30) as http:
            names = http.get(f"/_cat/indices/{prefix}*", params={"h": "index", "expand_wildcards": "all"}).text.split()
            if names:
                http.delete("/" + ",".join(names)).raise_for_status()

    return named


@pytest.fixture
def settings(named_settings: Callable[[], AbstractContextManager[Settings]]) -> Iterator[Settings]:
    """Settings of the servers with names and a data folder that no other test uses."""
    with named_settings() as settings:
        yield settings
