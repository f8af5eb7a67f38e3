"""`wirewatch consume`: one consumer of the line, as a service or to the end."""

from __future__ import annotations

import importlib

import click

from wirewatch.cli.common import configure_logging, json_option, print_json, settings_with_servers, stop_on_signals
from wirewatch.topics import CONSUMERS


@click.command()
@click.argument("consumer", type=click.Choice(CONSUMERS))
@click.option("--until-end", is_flag=True, help="Stop at the end offsets seen at the start, instead of never.")
@json_option
def consume(consumer: str, until_end: bool, as_json: bool) -> None:
    """Run CONSUMER: take messages, do its work, and only then commit.

    \b
    wirewatch consume tagger                a service; Ctrl-C or SIGTERM ends it cleanly
    wirewatch consume indexer --until-end   what an Airflow task does
    """
    from wirewatch.stream import Until

    settings = settings_with_servers()
    configure_logging(settings, consumer=consumer)
    stop = stop_on_signals()
    module = importlib.import_module(f"consumers.{consumer}")
    consumed = module.run(settings, Until.END if until_end else Until.STOPPED, stop=stop)
    if as_json:
        print_json(consumed)
    else:
        click.echo(f"{consumer}: {consumed.handled} handled, {consumed.refused} refused")
