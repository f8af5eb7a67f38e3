"""`wirewatch up`: servers and consumers on this machine, kept up until told otherwise."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click

from wirewatch.cli.common import configure_logging, stop_on_signals
from wirewatch.errors import ServerNotStarted, UserMistake
from wirewatch.settings import Settings, load_settings

DETACH_TIMEOUT_S = 600  # a first start downloads the servers


@click.command()
@click.option("--detach", is_flag=True, help="Return when everything is up, and leave it running.")
@click.option("--servers-only", is_flag=True, help="Kafka and Elasticsearch, without the consumers.")
@click.option(
    "--no-airflow", is_flag=True, help="Without Airflow; today that is always so, `up` does not start it yet."
)
def up(detach: bool, servers_only: bool, no_airflow: bool) -> None:  # noqa: ARG001  # part of the agreed command line
    """Start Kafka, Elasticsearch and the consumers here and keep them up; what dies is started again.

    \b
    wirewatch up              until Ctrl-C
    wirewatch up --detach     in the background, until `wirewatch down`
    """
    from wirewatch.embedded import read_state

    settings = load_settings()
    state = read_state(settings.data_dir)
    if state is not None:
        raise UserMistake(f"already up: process {state.pid}, Kafka at {state.kafka}; `wirewatch down` stops it")
    if detach:
        _detach(settings, servers_only)
    else:
        _stay(settings, servers_only)


def _stay(settings: Settings, servers_only: bool) -> None:
    from wirewatch.cli.line import hold_up
    from wirewatch.embedded import servers

    configure_logging(settings)
    stop = stop_on_signals()
    with servers(settings, report=click.echo) as running:
        hold_up(running, stop, consumers=not servers_only, report=click.echo)


def _detach(settings: Settings, servers_only: bool) -> None:
    """Start this command again as a process of its own, and watch it until it is up."""
    from wirewatch.embedded import read_state

    log = Path(settings.data_dir) / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "wirewatch", "up", *(["--servers-only"] if servers_only else [])],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    shown = 0
    deadline = time.monotonic() + DETACH_TIMEOUT_S
    while time.monotonic() < deadline:
        shown = _show_new(log, shown)
        if read_state(settings.data_dir) is not None:
            click.echo("up; `wirewatch status` shows it, `wirewatch down` stops it")
            return
        if process.poll() is not None:
            _show_new(log, shown)
            raise ServerNotStarted(f"it did not come up (exit code {process.returncode}); all it said is in {log}")
        time.sleep(0.2)
    process.terminate()
    raise ServerNotStarted(f"it did not come up within {DETACH_TIMEOUT_S} s; what it said is in {log}")


def _show_new(log: Path, shown: int) -> int:
    text = log.read_text(encoding="utf-8", errors="replace")
    click.echo(text[shown:], nl=False)
    return len(text)
