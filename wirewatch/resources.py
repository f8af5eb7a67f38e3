"""The DAGs and the seeds that come with wirewatch, wherever it was installed from."""

from __future__ import annotations

from pathlib import Path

from wirewatch.errors import WirewatchError

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "share", _PACKAGE.parent)
"""Where a wheel keeps them, and where a source checkout does."""


def dags_folder() -> Path:
    """The folder of the DAG files, one DAG a file; for Airflow's ``core.dags_folder``."""
    return _folder("dags")


def plugins_folder() -> Path:
    """The folder of Airflow's plugin that says what a run did; for Airflow's ``core.plugins_folder``."""
    return _PACKAGE / "scheduling" / "plugins"


def seeds_folder() -> Path:
    """The folder of the articles that come with wirewatch."""
    return _folder("seeds") / "articles"


def seed_feeds() -> Path:
    """The list of feeds that comes with wirewatch."""
    return _folder("seeds") / "feeds.toml"


def seed_rules() -> Path:
    """The file of the rules that come with wirewatch."""
    return _folder("seeds") / "rules.toml"


def _folder(name: str) -> Path:
    for root in _ROOTS:
        if (root / name).is_dir():
            return root / name
    raise WirewatchError(f"wirewatch's {name} are missing beside {_PACKAGE}; install wirewatch again")
