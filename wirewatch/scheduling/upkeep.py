"""Airflow's own records and logs, kept from growing for ever."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from wirewatch.errors import RunFailed
from wirewatch.scheduling.own_airflow import DATABASE, command


def clean(*, before: datetime, dry_run: bool) -> dict[str, Any]:
    """Delete what Airflow remembers and has logged from before that time; what was done, in words and numbers."""
    from airflow.sdk.configuration import conf

    if dry_run:
        return {"database": "left as it is", "log_files": 0}
    known = clean_database(before=before)
    return {
        "database": "cleaned"
        if known
        else f"not known here: {DATABASE} is not set, so run `airflow db clean` yourself",
        "log_files": remove_logs(Path(conf.get("logging", "base_log_folder")), before=before),
    }


def clean_database(*, before: datetime) -> bool:
    """Delete what Airflow's database holds from before that time, by `airflow db clean`; False where it is not known.

    Airflow hides its database from tasks, so it is told by a variable of its own. Raises RunFailed.
    """
    database = os.environ.get(DATABASE)
    if database is None:
        return False
    done = subprocess.run(
        command("db", "clean", "--clean-before-timestamp", before.isoformat(), "--skip-archive", "--yes"),
        env=os.environ | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stdout.splitlines() if line.strip()] or ["nothing"]
        raise RunFailed(f"`airflow db clean` ended with code {done.returncode}; it said last: {said[-1]}")
    return True


def remove_logs(folder: Path, *, before: datetime) -> int:
    """Delete the log files of tasks that nobody wrote to since, and folders that are empty then; how many files."""
    removed = 0
    young = time.time() - 86_400  # a folder that was just made is about to be used
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder comes before the folder
        if path.is_symlink():
            continue
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            removed += 1
        elif path.is_dir() and not any(path.iterdir()) and path.stat().st_mtime < young:
            path.rmdir()
    return removed
