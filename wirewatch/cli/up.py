"""`wirewatch up`: servers, consumers, the page and Airflow on this machine, kept up until told otherwise."""

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
@click.option("--servers-only", is_flag=True, help="Kafka and Elasticsearch alone.")
@click.option("--no-airflow", is_flag=True, help="Without Airflow: nothing runs on a schedule.")
def up(detach: bool, servers_only: bool, no_airflow: bool) -> None:
    """Start Kafka, Elasticsearch, the consumers, the page and Airflow here; what dies is started again.

    \b
    wirewatch up              until Ctrl-C
    wirewatch up --detach     in the background, until `wirewatch down`
    """
    from wirewatch.embedded import read_state

    settings = load_settings()
    state = read_state(settings.data_dir)
    if state is not None:
        raise UserMistake(f"already up: process {state.pid}, Kafka at {state.kafka}; `wirewatch down` stops it")
    if not (servers_only or no_airflow):
        _show_new_password(settings)
    if detach:
        _detach(settings, [*(["--servers-only"] if servers_only else []), *(["--no-airflow"] if no_airflow else [])])
    else:
        _stay(settings, consumers=not servers_only, with_airflow=not (servers_only or no_airflow))


def _show_new_password(settings: Settings) -> None:
    """Make the password of Airflow's user and show it, once; on a terminal only, so that no log ever holds it."""
    from wirewatch.scheduling.own_airflow import USER, new_password

    password = new_password(settings)
    if password is not None and sys.stdout.isatty():
        click.echo(f"Airflow's user is {USER}, the password {password}")


def _stay(settings: Settings, *, consumers: bool, with_airflow: bool) -> None:
    from wirewatch.cli.line import hold_up
    from wirewatch.embedded import servers
    from wirewatch.scheduling.kept_airflow import KeptAirflow
    from wirewatch.scheduling.own_airflow import prepare

    configure_logging(settings)
    stop = stop_on_signals()
    with servers(settings, report=click.echo) as running:
        airflow = KeptAirflow(running, prepare(running), click.echo) if with_airflow else None
        hold_up(running, stop, consumers=consumers, airflow=airflow, report=click.echo)


def _detach(settings: Settings, options: list[str]) -> None:
    """Start this command again as a process of its own, and watch it until it is up."""
    from wirewatch.embedded import read_state

    log = Path(settings.data_dir) / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "wirewatch", "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    shown = 0
    deadline = time.monotonic() + DETACH_TIMEOUT_S
    while time.monotonic() < deadline:
        shown = _show_new(log, shown)
        state = read_state(settings.data_dir)
        if state is not None and state.ready:
            _show_new(log, shown)
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
