"""Airflow's SQLite database: made once for each version of Airflow on this machine, and copied from then on.

    python -m wirewatch.scheduling.database HOME TEMPLATE

Making it takes Airflow 5 s of a processor, a copy takes none.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from wirewatch.failpoints import failpoint

NAME = "airflow.db"


def template_in(cache_dir: str) -> Path:
    """Where the empty database of the installed Airflow is kept for the next one who needs it."""
    return Path(cache_dir) / "airflow" / f"{version('apache-airflow-core')}.db"


def make_database(home: Path, template: Path) -> None:
    """Put the tables of the installed Airflow into ``home``, or bring those that are there up to it.

    A new database is copied from ``template`` where that is there and whole, else made, and kept as ``template``.
    To be called in a process whose environment is that of an Airflow in ``home``.
    """
    database = home / NAME
    is_new = not database.exists()
    if is_new and template.exists():
        with contextlib.suppress(sqlite3.DatabaseError):
            copy_database(template, database)
            return
    from airflow.utils import db

    db.initdb()
    if is_new:
        template.parent.mkdir(parents=True, exist_ok=True)
        copy_database(database, template)


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database, whole or not at all; raises sqlite3.DatabaseError where ``source`` is none."""
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        asked = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        with closing(asked) as made, closing(sqlite3.connect(part)) as copy:
            made.backup(copy)
            # What waits to be opened is one file; Airflow turns its write-ahead log on again.
            copy.execute("PRAGMA journal_mode = DELETE")
        failpoint("database.copied")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    make_database(Path(sys.argv[1]), Path(sys.argv[2]))
