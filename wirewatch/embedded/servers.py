"""Where the servers are: the user's own, those of ``wirewatch up``, or two that start now and stop with us."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import msgspec

from wirewatch.embedded.state import read_state, starting_alone
from wirewatch.errors import ServerNotStarted
from wirewatch.settings import Settings


class Running(msgspec.Struct, frozen=True):
    """Where a started pair listens."""

    kafka: str
    elasticsearch: str


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
        raise ServerNotStarted("embedded servers are not there yet; set WIREWATCH_KAFKA and WIREWATCH_ELASTICSEARCH")
