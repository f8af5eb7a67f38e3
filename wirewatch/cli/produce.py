"""`wirewatch produce`: put articles onto the line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake
from wirewatch.settings import load_settings

if TYPE_CHECKING:
    from producers.files import Produced, Progress

PLAIN_EVERY_S = 5.0
REFUSED_SHOWN = 20
KEYS_SHOWN = 8


@click.group()
def produce() -> None:
    """Put articles onto the line."""


@produce.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--backfill", is_flag=True, help="Old material: takes the slow lane and pages nobody.")
@click.option("--dry-run", is_flag=True, help="Read and report; publish nothing and need no servers.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N articles.")
@click.option("--source", metavar="OUTLET", help="Outlet (name or domain) of articles that name none.")
@click.option("--language", metavar="CODE", help="Language (`en`, `fr`) of articles that name none.")
@json_option
def files(
    paths: tuple[str, ...],
    backfill: bool,
    dry_run: bool,
    limit: int | None,
    source: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Publish the articles in files, folders, or standard input (`-`).

    Formats: .txt (first line = title), .md (front matter honoured), .html, .json (an object or a list) and .jsonl
    with the keys title, text (one of the two is required), url, published (ISO 8601), source, author, language and
    summary. The same article twice is one article, so running it again adds nothing.

    Exit code 1: some records were refused, the others went in. 2: nothing could be read.

    \b
    wirewatch produce files seeds/articles
    wirewatch produce files --backfill archive-2023.jsonl
    curl -s https://news.example/export.jsonl | wirewatch produce files -
    """
    from producers.files import run
    from producers.reading.inputs import find_inputs

    find_inputs(paths)  # a mistyped path is said before any server is looked for
    settings = load_settings() if dry_run else settings_with_servers()
    with progress_shown() as on_progress:
        produced = run(
            settings,
            paths,
            backfill=backfill,
            dry_run=dry_run,
            limit=limit,
            source=source,
            language=language,
            on_progress=on_progress,
        )
    if as_json:
        print_json(produced)
    else:
        _print(produced, dry_run=dry_run)
    if produced.refused and not produced.read:
        raise UserMistake(_nothing(produced, as_json))
    if produced.refused:
        click.get_current_context().exit(1)


def _nothing(produced: Produced, as_json: bool) -> str:
    """One refusal is the message itself; of several, each has had its line already."""
    if len(produced.refused) == 1 or as_json:
        return produced.refused[0]
    return f"none of {len(produced.refused)} files and records could be read as an article"


def _print(produced: Produced, *, dry_run: bool) -> None:
    """What came of it in words; refusals and notes to standard error."""
    alone = not produced.read and len(produced.refused) == 1
    for line in () if alone else produced.refused[:REFUSED_SHOWN]:
        click.echo(f"refused  {line}", err=True)
    if len(produced.refused) > REFUSED_SHOWN:
        click.echo(f"refused  and {len(produced.refused) - REFUSED_SHOWN} more; --json lists them all", err=True)
    for line in produced.notes:
        click.echo(f"note     {line}", err=True)
    if produced.ignored_keys:
        keys = ", ".join(f"{key} ({n})" for key, n in list(produced.ignored_keys.items())[:KEYS_SHOWN])
        more = len(produced.ignored_keys) - KEYS_SHOWN
        click.echo(f"note     keys that are not used: {keys}{f' and {more} more' if more > 0 else ''}", err=True)
    sent = "nothing published (dry run)" if dry_run else f"{produced.published} published"
    stopped = ", stopped at the limit" if produced.end == "limit" else ""
    click.echo(
        f"{produced.files} files: {produced.read} articles read, {sent}, {len(produced.refused)} refused{stopped}"
    )


@contextmanager
def progress_shown() -> Iterator[Callable[[Progress], None]]:
    """What shows a reading's progress: a bar on a terminal, else a plain line every 5 s; on standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Reading"), BarColumn(), TextColumn("{task.fields[words]}"), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, words="")
        yield lambda at: bar.update(task, completed=at.bytes_read, total=at.bytes_total or None, words=_words(at))


def _plain_lines() -> Callable[[Progress], None]:
    told = time.monotonic()

    def tell(at: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= PLAIN_EVERY_S:
            told = time.monotonic()
            click.echo(_words(at), err=True)

    return tell


def _words(at: Progress) -> str:
    size = f", {at.bytes_read / 1e6:.1f} of {at.bytes_total / 1e6:.1f} MB" if at.bytes_total else ""
    return f"{at.files} of {at.files_total} files{size}, {at.read} articles"
