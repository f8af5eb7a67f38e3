"""What ``wirewatch up`` remembers of itself, and the lock that lets one process at a time start servers."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from wirewatch.errors import ServerError

STATE = "up.json"
LOCK = "servers.lock"


class UpState(msgspec.Struct, frozen=True):
    """A line that runs: the process that holds it (id and time of creation), its consumers, where its parts listen.

    ``ready`` turns true when the last part that is waited for has come up.
    """

    pid: int
    created: float
    kafka: str
    elasticsearch: str
    started_at: str
    consumers: tuple[str, ...] = ()
    page: str | None = None
    airflow: str | None = None
    ready: bool = True


def process_created(pid: int) -> float:
    """When that process was created, in seconds since 1970; ProcessLookupError where there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        raise ProcessLookupError(f"no process {pid}") from None


def read_state(data_dir: str | Path) -> UpState | None:
    """What ``wirewatch up`` wrote for this data folder, if that very process is still alive."""
    try:
        state = msgspec.json.decode((Path(data_dir) / STATE).read_bytes(), type=UpState)
        created = process_created(state.pid)
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError, msgspec.DecodeError):
        return None
    # A process id is used again; its time of creation is not. A clock that was set moves it a little.
    return state if abs(created - state.created) < 2.0 else None


def write_state(data_dir: str | Path, state: UpState) -> None:
    """Keep that state where other commands find it, whole or not at all."""
    path = Path(data_dir) / STATE
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{STATE}.{os.getpid()}")
    part.write_bytes(msgspec.json.encode(state))
    part.replace(path)


def clear_state(data_dir: str | Path) -> None:
    """Forget the state, if there is one."""
    (Path(data_dir) / STATE).unlink(missing_ok=True)


@contextlib.contextmanager
def starting_alone(data_dir: str | Path) -> Iterator[None]:
    """Hold the data folder for one process; ServerError names the one that has it already."""
    path = Path(data_dir) / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise ServerError(
                f"{data_dir}: {holder} has servers on this folder; wait for it or stop it, "
                "or set WIREWATCH_DATA_DIR to another folder"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} (since {time.strftime('%Y-%m-%d %H:%M:%S')})")
        file.flush()
        yield
