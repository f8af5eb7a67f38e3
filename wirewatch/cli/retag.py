"""`wirewatch retag`: what is stored, tagged again with what is known today."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import duration, json_option, print_json, settings_with_servers, stop_on_signals
from wirewatch.errors import UserMistake

if TYPE_CHECKING:
    from producers.retag import Progress, Retagged
    from wirewatch.search.difference import Change, Difference
    from wirewatch.settings import Settings

PLAIN_EVERY_S = 5.0
CHANGES_SHOWN = 20


@click.command()
@click.option("--since", callback=duration, metavar="TIME", help="Only articles so young: 90m, 24h, 7d, 2w.")
@click.option("--actor", metavar="ID", help="Only articles that are tagged with this actor now.")
@click.option("--dry-run", is_flag=True, help="Show what would change, actor by actor; send nothing.")
@click.option("--all", "everything", is_flag=True, help="Also articles that have today's versions already.")
@json_option
def retag(since: timedelta | None, actor: str | None, dry_run: bool, everything: bool, as_json: bool) -> None:
    """Tag what is stored with today's knowledge: after `actors add`, a correction in your files, or an update.

    The articles go through the slow lane: nothing live waits for them, nobody is paged, and each stays the document
    it is. Those that have today's versions are left out. Stop it whenever you like (Ctrl-C); the same command goes
    on where it was.

    \b
    wirewatch retag --since 30d --dry-run
    wirewatch retag --since 30d
    """
    from producers.retag import run

    settings = settings_with_servers()
    _known(settings, actor)
    with progress_shown("Tagging" if dry_run else "Sending") as on_progress:
        retagged = run(
            settings,
            since=since,
            actor=actor,
            dry_run=dry_run,
            everything=everything,
            on_progress=on_progress,
            stop=stop_on_signals(),
        )
    if as_json:
        print_json(retagged)
    else:
        _print(retagged)
    if retagged.end == "stopped":
        click.get_current_context().exit(1)


def _known(settings: Settings, actor: str | None) -> None:
    """Raises UserMistake for an actor that neither the knowledge base nor any stored article has."""
    from wirewatch.cli.known import known, like
    from wirewatch.search.stored import Choice, count_stored

    if actor is None or any(actor == one.id for one in known(settings)):
        return
    if not count_stored(settings, Choice(actor=actor)):
        raise UserMistake(f"--actor {actor}: no such id is known or stored{like(known(settings), actor)}")


def _print(retagged: Retagged) -> None:
    for line in retagged.unreadable:
        click.echo(f"passed over  {line}", err=True)
    if retagged.difference is not None:
        _print_difference(retagged.difference)
    elif retagged.stored:
        _print_sent(retagged)
    if not retagged.stored:
        click.echo("nothing to do: no stored article is meant, or all have today's versions (--all takes them too)")
    if retagged.end == "stopped":
        goes_on = "" if retagged.difference else "; the same command goes on where it was"
        click.echo(f"stopped{goes_on}")


def _print_sent(retagged: Retagged) -> None:
    already = f", {retagged.under_way} were under way already" if retagged.under_way else ""
    click.echo(f"{retagged.sent} of {retagged.stored} articles sent to be tagged again{already}")
    if not retagged.taggers:
        click.echo("no tagger is at work: `wirewatch up --detach` starts one, or `wirewatch consume tagger`")


def _print_difference(found: Difference) -> None:
    """The changes, most first: articles that gain the tag, that lose it, that have it at other spots."""
    if found.changes:
        click.echo("  + articles that gain a tag, - that lose it, ~ that have it at other spots")
    for change in found.changes[:CHANGES_SHOWN]:
        click.echo(f"{_numbers(change):>20}  {change.name} ({change.id})")
    if len(found.changes) > CHANGES_SHOWN:
        click.echo(f"and {len(found.changes) - CHANGES_SHOWN} more; --json lists them all")
    click.echo(f"{found.other} of {found.articles} articles would be tagged otherwise; nothing was sent")


def _numbers(change: Change) -> str:
    signed = (("+", change.gained), ("-", change.lost), ("~", change.changed))
    return " ".join(f"{sign}{number}" for sign, number in signed if number)


@contextmanager
def progress_shown(what: str) -> Iterator[Callable[[Progress], None]]:
    """What shows a run's progress: a bar on a terminal, else a plain line every 5 s; on standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("articles"), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda at: bar.update(task, completed=at.done, total=at.total)


def _plain_lines(what: str) -> Callable[[Progress], None]:
    told = time.monotonic()

    def tell(at: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= PLAIN_EVERY_S:
            told = time.monotonic()
            click.echo(f"{what}: {at.done} of {at.total} articles", err=True)

    return tell
