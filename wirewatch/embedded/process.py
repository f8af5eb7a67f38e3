"""Child processes that cannot outlive us."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wirewatch.embedded import guard
from wirewatch.errors import ServerNotStarted

GRACE_S = 10.0
LOG_LIMIT = 16 * 1024 * 1024
"""Bytes of a child's log before it is begun anew; with the one before, twice as much lies on the disk."""


class Child:
    """A process that ends when we do, whatever way that is: Ctrl-C, SIGTERM, SIGKILL or a crash.

    It has a process group of its own, so that Ctrl-C in the terminal reaches only us. Its output goes to ``log``, which
    is begun anew at each start and after ``log_limit`` bytes; the log before is kept as ``.1``. ``given`` is written to
    its standard input, which then stays open.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        user: int | None = None,
        given: bytes | None = None,
        log_limit: int = LOG_LIMIT,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = dict(env)
        self.cwd = cwd
        self.log = log
        self.user = user
        self.given = given
        self.log_limit = log_limit
        self.pid: int | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; ServerNotStarted when the program cannot be run at all."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(guard.__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # for a moment it outlives us, and must not hold our caller's pipe open
            start_new_session=True,
            cwd="/",
        )
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        self._guard.stdin.write(self._spec() + b"\n")
        self._guard.stdin.flush()
        answer = self._guard.stdout.readline().decode(errors="replace").strip()
        self._guard.stdout.close()
        if not answer.isdigit():
            self.stop()
            raise ServerNotStarted(f"{self.name} cannot be started: {answer.removeprefix('error: ') or 'no answer'}")
        self.pid = int(answer)

    def _spec(self) -> bytes:
        spec = {
            "argv": self.argv,
            "env": self.env,
            "cwd": str(self.cwd),
            "log": str(self.log.absolute()),
            "log_limit": self.log_limit,
            "user": self.user,
            "group": None if self.user is None else _group(self.user),
            "input": None if self.given is None else base64.b64encode(self.given).decode(),
        }
        return json.dumps(spec).encode()

    def alive(self) -> bool:
        """Whether it runs."""
        return self._guard is not None and self._guard.poll() is None

    def exit_code(self) -> int | None:
        """Its exit code, 128 + signal where one killed it; None while it runs."""
        return None if self._guard is None else self._guard.poll()

    def ask_to_stop(self, grace: float = GRACE_S) -> None:
        """Send SIGTERM and return; after ``grace`` seconds it is killed."""
        if self._guard is None or self._guard.stdin is None or self._guard.stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(f"{grace}\n".encode())
            self._guard.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()

    def stop(self, grace: float = GRACE_S) -> int | None:
        """End it and all its descendants, in ``grace`` seconds with SIGTERM, then with SIGKILL; its exit code."""
        self.ask_to_stop(grace)
        return None if self._guard is None else self._guard.wait()

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 64 * 1024))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def stop_all(children: Iterable[Child], grace: float = GRACE_S) -> None:
    """End them at the same time."""
    children = list(children)
    for child in children:
        child.ask_to_stop(grace)
    for child in children:
        child.stop(grace)


def _group(user: int) -> int:
    try:
        return pwd.getpwuid(user).pw_gid
    except KeyError:
        return user
