"""An Airflow of our own on this machine: its home in the data folder, its configuration, its four parts.

`airflow standalone` neither restarts a part that died nor ends its children, so the parts are ours to keep up.
Everything below is Airflow's own configuration (its options are environment variables); nothing of it is replaced.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import httpx
import msgspec

from wirewatch.embedded.started import LOOPBACK, free_port
from wirewatch.errors import UserMistake
from wirewatch.scheduling.database import NAME
from wirewatch.scheduling.once import airflow_environment
from wirewatch.settings import Settings

DATABASE = "AIRFLOW_CONN_AIRFLOW_DB"
"""The variable that tells `maintain` where Airflow's database is: Airflow itself hides it from tasks."""

PASSWORDS, SECRETS = "passwords.json", "secrets.json"
USER = "admin"
USUAL_PORT = 8080
PARTS: Mapping[str, tuple[str, ...]] = {
    "airflow-api-server": ("api-server",),
    "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
    "airflow-dag-processor": ("dag-processor",),
    "airflow-triggerer": ("triggerer", "--skip-serve-logs"),
}
"""Each part, the first one first, and the words behind `airflow` that start it; logs are read from their folder."""


class OwnAirflow(msgspec.Struct, frozen=True):
    """Where an Airflow of ours lives and listens, and the environment that every part of it needs."""

    home: Path
    port: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Its address in a browser."""
        return f"http://localhost:{self.port}"

    def is_migrated(self) -> bool:
        """Whether the database is that of the installed Airflow."""
        stamp = self.home / "database.version"
        return stamp.exists() and stamp.read_text(encoding="utf-8") == version("apache-airflow-core")

    def note_migrated(self) -> None:
        """Remember that the database is that of the installed Airflow."""
        (self.home / "database.version").write_text(version("apache-airflow-core"), encoding="utf-8")


def read_health(url: str, timeout_s: float = 2.0) -> dict[str, str | None]:
    """What the Airflow at ``url`` says of its parts; empty when nobody answers in time."""
    try:
        answer = httpx.get(f"{url}/api/v2/monitor/health", timeout=timeout_s).raise_for_status().json()
        return {name: part["status"] for name, part in answer.items()}
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return {}


def password_file(settings: Settings) -> Path:
    """The file that holds the password of `admin`, readable by you only."""
    return Path(settings.data_dir).resolve() / "airflow" / PASSWORDS


def read_password(settings: Settings) -> str:
    """The password of `admin`; UserMistake where its file cannot be read."""
    file = password_file(settings)
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))[USER])
    except (OSError, ValueError, KeyError) as error:
        raise UserMistake(f"{file}: the password of Airflow's user cannot be read ({error})") from None


def new_password(settings: Settings) -> str | None:
    """The password of `admin` when it was made by this call; None when there was one."""
    _home(settings)
    file = password_file(settings)
    if file.exists():
        return None
    password = secrets.token_urlsafe(12)
    _write_private(file, {USER: password})
    return password


def prepare(settings: Settings) -> OwnAirflow:
    """An Airflow in the data folder of ``settings``, ready to be started; its secrets and password stay the same."""
    home = _home(settings)
    new_password(settings)
    if not (home / SECRETS).exists():
        _write_private(home / SECRETS, _new_secrets())
    port = settings.airflow_port or free_port(USUAL_PORT)
    ours = json.loads((home / SECRETS).read_text(encoding="utf-8"))
    environment = airflow_environment(os.environ, home) | settings.environment() | _options(settings, home, port) | ours
    return OwnAirflow(home, port, environment)


def _home(settings: Settings) -> Path:
    home = Path(settings.data_dir).resolve() / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    return home


def command(*words: str) -> list[str]:
    """The command line of a part of Airflow, by the interpreter that runs us."""
    return [sys.executable, "-W", "ignore", "-m", "airflow", *words]


def _options(settings: Settings, home: Path, port: int) -> dict[str, str]:
    # Four processes share one SQLite file: a writer waits for its turn instead of failing after 5 s.
    database = f"sqlite:///{home}/{NAME}?timeout=60"
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        DATABASE: database,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(settings.airflow_paused),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / PASSWORDS),
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        # A scheduler that was killed is back within seconds, and finds what it had begun as soon as that.
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    }


def _new_secrets() -> dict[str, str]:
    return {
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _write_private(path: Path, content: Mapping[str, str]) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    part.replace(path)
