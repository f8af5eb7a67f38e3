"""Where the servers are: the user's own, those of ``wirewatch up``, or two that start now and stop with us."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from wirewatch.embedded.elasticsearch_server import ElasticsearchServer
from wirewatch.embedded.kafka_server import KafkaServer
from wirewatch.embedded.process import stop_all
from wirewatch.embedded.progress import Board
from wirewatch.embedded.state import read_state, starting_alone
from wirewatch.settings import Settings


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def find_servers(settings: Settings) -> Settings | None:
    """The settings with addresses of servers that are said to run, or None; starts nothing."""
    if settings.kafka and settings.elasticsearch:
        return settings
    state = read_state(settings.data_dir)
    if state is None:
        return None
    return settings.with_servers(settings.kafka or state.kafka, settings.elasticsearch or state.elasticsearch)


@contextlib.contextmanager
def servers(settings: Settings, *, report: Callable[[str], None] = _to_stderr) -> Iterator[Settings]:
    """Settings whose servers answer; what had to be started for it is stopped at the end.

    Raises ServerNotStarted when a server does not come up, ServerError when another process holds the data folder.
    """
    found = find_servers(settings)
    if found is not None:
        yield found
        return
    with starting_alone(settings.data_dir):
        kafka = None if settings.kafka else KafkaServer(settings)
        elasticsearch = None if settings.elasticsearch else ElasticsearchServer(settings)
        started = [server for server in (kafka, elasticsearch) if server is not None]
        try:
            _start_together(started, report)
            yield settings.with_servers(
                settings.kafka or (kafka.address if kafka else ""),
                settings.elasticsearch or (elasticsearch.address if elasticsearch else ""),
            )
        finally:
            stop_all([server.child for server in started if server.child is not None])


def _start_together(started: Sequence[KafkaServer | ElasticsearchServer], report: Callable[[str], None]) -> None:
    """Start them at the same time; the first that fails, or Ctrl-C, calls the others off."""
    failed: list[BaseException] = []

    def run(server: KafkaServer | ElasticsearchServer) -> None:
        try:
            server.start()
        except BaseException as error:  # handed to the thread that waits
            failed.append(error)
        else:
            server.step.doing = "ready"

    threads = [threading.Thread(target=run, args=(server,), daemon=True) for server in started]
    for thread in threads:
        thread.start()
    try:
        with Board(tuple(server.step for server in started), report) as board:
            while not failed and any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(0.1)
                board.tick()
    finally:
        for server in started:
            server.step.cancelled.set()
        # None may start a server behind our back; a fetch that hangs in the network is left to end with us.
        for thread in threads:
            thread.join(5)
    if failed:
        raise failed[0]
