"""A tiny process between us and a child: whatever way we end, it takes the child and all of its descendants down.

Run as a script by its path (``python -I -S guard.py``), so that it starts in a few milliseconds and needs nothing of
this package. Standard input is the life line: one line of JSON says what to start, then silence; a second line is a
grace in seconds; its end means stop. Standard output gets the child's process id, or ``error: ...``.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 10.0
LOOK_EVERY_S = 1.0


def prctl(option: int, value: int) -> None:
    """Set one property of this process on Linux; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with(guard: int) -> Callable[[], None]:
    """What the child does before it becomes the server: die with its guard, even when that is killed with -9."""

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(1)

    return before_exec


def start(spec: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The child in a process group of its own, its output in the log."""
    who = {} if spec["user"] is None else {"user": spec["user"], "group": spec["group"], "extra_groups": []}
    given = None if spec["input"] is None else base64.b64decode(spec["input"])
    with Path(spec["log"]).open("ab") as log:
        child = subprocess.Popen(
            spec["argv"],
            env=spec["env"],
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with(os.getpid()),  # this process has one thread
            **who,
        )
    if given is not None and child.stdin is not None:
        child.stdin.write(given)
        child.stdin.flush()  # and left open: Elasticsearch takes its end for the end of its parent
    return child


def keep_short(log: Path, limit: int) -> None:
    """Move what is in a log of more than ``limit`` bytes to its ``.1``; the child goes on writing into the same file.

    What it writes between the copy and the cut is lost, as with logrotate's copytruncate; no child knows how to
    open its log anew.
    """
    with contextlib.suppress(OSError):  # a full disk must not end the child; cutting is tried again in a moment
        if log.stat().st_size > limit:
            log.with_name(log.name + ".1").write_bytes(log.read_bytes())
            os.truncate(log, 0)


def wait_until_over(child: subprocess.Popen[bytes], parent: int, look: Callable[[], None]) -> float:
    """Wait for the child's end, the life line's end or the parent's; the grace that is granted, in seconds.

    Meanwhile ``look`` is called about once a second.
    """
    wake, awoken = os.pipe()
    os.set_blocking(awoken, False)
    signal.set_wakeup_fd(awoken)
    told = []
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: told.append(signal.SIGTERM))
    heard = b""
    # A parent that forks gives its end of the life line to others: its own death is looked for as well.
    while child.poll() is None and not told and os.getppid() == parent:
        ready, _, _ = select.select([0, wake], [], [], LOOK_EVERY_S)
        look()
        if wake in ready:
            os.read(wake, 4096)
        if 0 in ready:
            more = os.read(0, 4096)
            if not more:
                break
            heard += more
    with contextlib.suppress(ValueError):
        return float(heard)
    return GRACE_S


def take_down(child: subprocess.Popen[bytes], grace: float) -> int:
    """Ask the child's group to end, then kill it and everything it left behind; the child's exit code."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        until = time.monotonic() + grace
        while child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    code = child.wait()
    kill_adopted()
    return code


def kill_adopted() -> None:
    """Kill what left the group: on Linux orphans of the child become ours, one generation after another."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    with contextlib.suppress(OSError):
        while pids := children.read_text(encoding="ascii").split():
            for pid in map(int, pids):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def read_line() -> bytes:
    """The first line of the life line and not a byte more."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            raise SystemExit(0)
        line += byte
    return bytes(line)


def main() -> int:
    """Start, watch, take down; the exit code is the child's."""
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    spec = json.loads(read_line())
    try:
        child = start(spec)
    except (OSError, subprocess.SubprocessError) as error:
        os.write(1, f"error: {error}\n".encode())
        return 127
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"{child.pid}\n".encode())
    log = Path(spec["log"])
    grace = wait_until_over(child, parent, lambda: keep_short(log, spec["log_limit"]))
    code = take_down(child, grace)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
