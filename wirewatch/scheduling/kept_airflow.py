"""The four parts of an Airflow of our own, kept up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from wirewatch.embedded import Child, Kept
from wirewatch.errors import WirewatchError
from wirewatch.resources import dags_folder
from wirewatch.scheduling.api import logged_in
from wirewatch.scheduling.database import template_in
from wirewatch.scheduling.own_airflow import (
    PARTS,
    USER,
    OwnAirflow,
    command,
    password_file,
    read_health,
    read_password,
)
from wirewatch.settings import Settings

ASK_EVERY_S = 1.0
PATIENCE_S = 180.0
"""After so long without an answer the line counts as up without Airflow, and says so."""


class KeptAirflow:
    """Airflow as `look` makes it: its database, its API server, its other parts; each is started again when it dies.

    The others wait for the first answer of the API server: a task that cannot reach it counts as failed.
    """

    def __init__(self, settings: Settings, airflow: OwnAirflow, report: Callable[[str], None]) -> None:
        folder, template = Path(settings.data_dir), template_in(settings.cache_dir)
        self._settings, self._airflow, self._report = settings, airflow, report
        self._migration = Child(
            "airflow-database",
            [sys.executable, "-m", "wirewatch.scheduling.database", str(airflow.home), str(template)],
            env=airflow.environment,
            cwd=folder,
            log=folder / "logs" / "airflow-database.log",
        )
        self._parts = [
            Kept(name, command(*words), env=airflow.environment, folder=folder, report=report)
            for name, words in PARTS.items()
        ]
        self._migrated = airflow.is_migrated()
        self._served = False
        self._given_up = False
        self._began = time.monotonic()
        self._ask_at = 0.0
        self.url: str | None = None

    def look(self) -> None:
        """Do what it is time to do; never waits."""
        if self._given_up:
            return
        if not self._migrated:
            self._migrate()
            return
        first, *others = self._parts
        first.look()
        if self.url is None:
            self._ask()
        if self._served:
            for part in others:
                part.look()

    def _ask(self) -> None:
        if time.monotonic() < self._ask_at:
            return
        self._ask_at = time.monotonic() + ASK_EVERY_S
        health = read_health(self._airflow.url, timeout_s=1.0)
        self._served = self._served or bool(health)
        if health.get("scheduler") == "healthy" and self._knows_the_dags():
            self.url = self._airflow.url
            self._report(f"Airflow at {self.url}, user {USER}, password in {password_file(self._settings)}")

    def _knows_the_dags(self) -> bool:
        try:
            with logged_in(self._airflow.url, USER, read_password(self._settings), timeout_s=2.0) as api:
                return len(api.dags()) >= len(list(dags_folder().glob("*.py")))
        except WirewatchError:
            return False

    def settled(self) -> bool:
        """Whether it answers, or has been waited for long enough."""
        if self.url is None and not self._given_up and time.monotonic() - self._began > PATIENCE_S:
            self._report(f"Airflow does not answer yet at {self._airflow.url}; its logs are airflow-*.log")
            return True
        return self.url is not None or self._given_up

    def children(self) -> Iterator[Child]:
        """All that runs of it."""
        if not self._migrated and self._migration.alive():
            yield self._migration
        yield from (part.child for part in self._parts if part.child is not None)

    def _migrate(self) -> None:
        if self._migration.pid is None:
            self._migration.start()
        elif not self._migration.alive():
            if self._migration.exit_code() == 0:
                self._migrated = True
                self._airflow.note_migrated()
            else:
                self._given_up = True
                self._report(
                    f"Airflow's database could not be made; the last lines of {self._migration.log}:\n"
                    f"{self._migration.tail(5)}"
                )
