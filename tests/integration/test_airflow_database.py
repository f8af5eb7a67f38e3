"""Airflow's database is made once for each version of Airflow, and never lost, torn or taken from another."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from wirewatch.failpoints import VARIABLE
from wirewatch.scheduling.database import NAME, make_database
from wirewatch.scheduling.once import airflow_environment

TWICE = """
import os, sqlite3, sys
from contextlib import closing
from pathlib import Path
from wirewatch.scheduling.database import NAME, make_database
home, template = Path(os.environ["AIRFLOW_HOME"]), Path(sys.argv[1])
make_database(home, template)
from airflow import settings
settings.get_engine().dispose()  # the last to leave writes the log of what was changed into the database
with closing(sqlite3.connect(home / NAME)) as database, database:
    database.execute("UPDATE slot_pool SET description = 'ours'")
assert not (home / f"{NAME}-wal").exists()
make_database(home, template)
"""


def asked(database: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute(question).fetchall()


def small_database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE dag_run (id)")
    return path


def test_a_database_is_made_where_the_template_is_torn_kept_as_it_is_and_copied_for_the_next(tmp_path: Path) -> None:
    template = tmp_path / "cache" / "airflow.db"
    template.parent.mkdir()
    template.write_bytes(b"SQLite format 3\0 and no more")
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    made = subprocess.run(
        [sys.executable, "-c", TWICE, str(template)],
        env=airflow_environment(os.environ, first),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    pools = "SELECT pool, description FROM slot_pool"
    assert asked(first / NAME, pools) == [("default_pool", "ours")]
    assert asked(template, pools) == [("default_pool", "Default pool")]

    make_database(second, template)  # without Airflow: it would make it in another folder
    everything = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql"
    assert asked(second / NAME, everything) == asked(first / NAME, everything)
    revision = "SELECT version_num FROM alembic_version"
    assert len(asked(second / NAME, revision)) == 1
    assert asked(second / NAME, revision) == asked(first / NAME, revision)
    assert [path.name for path in template.parent.iterdir()] == [template.name]
    assert [path.name for path in second.iterdir()] == [NAME]


def test_a_copy_that_is_killed_is_never_taken_for_a_database(tmp_path: Path) -> None:
    template, home = small_database(tmp_path / "template.db"), tmp_path / "home"
    home.mkdir()
    again = [sys.executable, "-m", "wirewatch.scheduling.database", str(home), str(template)]
    killed = subprocess.run(again, env=os.environ | {VARIABLE: "database.copied"}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (home / NAME).exists()
    subprocess.run(again, check=True)
    assert asked(home / NAME, "SELECT name FROM sqlite_master") == [("dag_run",)]
