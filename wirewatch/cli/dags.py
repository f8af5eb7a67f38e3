"""`wirewatch dags`: what Airflow can run, runs and has run."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import UserMistake
from wirewatch.settings import load_settings


@click.group()
def dags() -> None:
    """See and start what Airflow runs: the same as its pages do.

    \b
    wirewatch dags list
    wirewatch dags run news_pipeline --param limit=100 --wait
    """


@dags.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the DAGs with their schedules.

    \b
    wirewatch dags list
    """
    from wirewatch.scheduling.api import airflow_api

    with airflow_api(load_settings()) as airflow:
        found = airflow.dags()
    if as_json:
        print_json(found)
        return
    _table(
        ("id", "schedule", "next run", "what it does"),
        [
            (
                each.dag_id,
                "paused" if each.paused else each.schedule or "by hand",
                each.next_run or "",
                each.description,
            )
            for each in found
        ],
    )


@dags.command()
@click.argument("dag_id")
@click.option("--param", "given", multiple=True, metavar="K=V", help="A field of its form; JSON, or plain text.")
@click.option("--wait", is_flag=True, help="Return when the run is over; exit code 1 when it failed.")
@json_option
def run(dag_id: str, given: tuple[str, ...], wait: bool, as_json: bool) -> None:
    """Run a DAG now.

    \b
    wirewatch dags run news_pipeline --param limit=100 --wait
    """
    from wirewatch.scheduling.api import airflow_api

    form = dict(_field(each) for each in given)
    with airflow_api(load_settings()) as airflow:
        begun = airflow.trigger(dag_id, form)
        if wait:
            begun = airflow.wait(begun, lambda line: click.echo(line, err=True))
    if as_json:
        print_json(begun)
        return
    click.echo(f"{begun.dag_id} {begun.run_id}: {begun.state}")
    if begun.note:
        click.echo(begun.note)


@dags.command()
@click.argument("dag_id")
def pause(dag_id: str) -> None:
    """Let the runs of a DAG wait, those of its schedule and those by hand.

    \b
    wirewatch dags pause news_pipeline
    """
    _set_paused(dag_id, True)


@dags.command()
@click.argument("dag_id")
def unpause(dag_id: str) -> None:
    """Let a DAG run again: by its schedule, if it has one, and by hand.

    \b
    wirewatch dags unpause news_pipeline
    """
    _set_paused(dag_id, False)


def _set_paused(dag_id: str, paused: bool) -> None:
    from wirewatch.scheduling.api import airflow_api

    with airflow_api(load_settings()) as airflow:
        airflow.pause(dag_id, paused)
    click.echo(f"{dag_id} is paused" if paused else f"{dag_id} runs again, by its schedule and by hand")


@dags.command()
@click.argument("dag_id", required=False)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@json_option
def runs(dag_id: str | None, limit: int, as_json: bool) -> None:
    """List the last runs of one DAG, or of all.

    \b
    wirewatch dags runs news_pipeline --limit 5
    """
    from wirewatch.scheduling.api import airflow_api

    with airflow_api(load_settings()) as airflow:
        found = airflow.runs(dag_id, limit=limit)
    if as_json:
        print_json(found)
        return
    _table(
        ("dag", "run", "state", "started", "note"),
        [(each.dag_id, each.run_id, each.state, (each.started or "")[:19], each.note or "") for each in found],
    )


def _field(given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not name or not equals:
        raise UserMistake(f"--param {given}: write it as name=value")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
