"""What both servers share: free ports, waiting until one answers, and data that a newer version made."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

from wirewatch.embedded.process import Child
from wirewatch.embedded.progress import Step
from wirewatch.errors import ServerError, ServerNotStarted

LOOPBACK = "127.0.0.1"
LIMIT_S = 120.0
TAIL = 15


def free_ports(count: int) -> list[int]:
    """That many different ports on loopback that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def free_port(usual: int) -> int:
    """``usual`` where nobody has it on loopback, else any that is free."""
    for wanted in (usual, 0):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((LOOPBACK, wanted))
            except OSError:
                continue
            return int(attempt.getsockname()[1])
    return usual


def wait_until_ready(child: Child, ready: Callable[[], bool], step: Step, limit: float = LIMIT_S) -> None:
    """Return when ``ready`` says so; ServerNotStarted, with the log's last lines, when it ends or takes too long."""
    until = time.monotonic() + limit
    while not ready():
        step.check()
        if not child.alive():
            raise not_started(child, f"ended with exit code {child.exit_code()}")
        if time.monotonic() > until:
            raise not_started(child, f"gave no answer within {limit:.0f} s")
        time.sleep(0.1)


def not_started(child: Child, what: str) -> ServerNotStarted:
    """The error for a server that did not come up."""
    tail = child.tail(TAIL) or "(the log is empty)"
    return ServerNotStarted(f"{child.name} {what} while starting; the end of {child.log}:\n{tail}")


def port_was_taken(child: Child) -> bool:
    """Whether somebody took the port between our choice and the server's start."""
    return "Address already in use" in child.tail(200) or "BindException" in child.tail(200)


def check_version(folder: Path, name: str, version: str) -> None:
    """Claim a data folder for this version; ServerError when a newer or unknown one made it."""
    note = folder / "VERSION"
    made_by = note.read_text(encoding="utf-8").strip() if note.exists() else version
    if made_by != version and (not re.fullmatch(r"[\d.]+", made_by) or _parts(made_by) > _parts(version)):
        raise ServerError(
            f"{folder} was made by {name} {made_by}, this wirewatch brings {version}; "
            "get a newer wirewatch, or set WIREWATCH_DATA_DIR to another folder"
        )
    note.write_text(version + "\n", encoding="utf-8")


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part]
