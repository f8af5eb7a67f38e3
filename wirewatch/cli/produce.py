"""`wirewatch produce`: put articles onto the line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake
from wirewatch.settings import load_settings

if TYPE_CHECKING:
    from producers.files import Produced, Progress
    from producers.rss import Poll

T = TypeVar("T")

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


@produce.command()
@click.option(
    "--feeds", "path", type=click.Path(path_type=Path), metavar="FILE", help="A feeds.toml; else WIREWATCH_FEEDS."
)
@click.option(
    "--url", "urls", multiple=True, metavar="URL", help="Poll this feed, listed or not; may come several times."
)
@click.option("--name", "names", multiple=True, metavar="NAME", help="Only feeds of this name or domain.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only feeds with this tag.")
@click.option("--force", is_flag=True, help="Poll now, whatever the intervals say.")
@click.option("--backfill", is_flag=True, help="Old material: takes the slow lane and pages nobody.")
@json_option
def rss(
    path: Path | None,
    urls: tuple[str, ...],
    names: tuple[str, ...],
    tags: tuple[str, ...],
    force: bool,
    backfill: bool,
    as_json: bool,
) -> None:
    """Poll the feeds that are due and publish what is new.

    The feeds are those of --feeds, else of WIREWATCH_FEEDS, else the public ones that come with wirewatch. A feed
    that fails is noted (`wirewatch feeds list` shows it) and costs the others nothing.

    \b
    wirewatch produce rss
    wirewatch produce rss --feeds desk.toml --tag africa --force
    wirewatch produce rss --url https://news.example/feed.xml
    """
    from producers.rss import run
    from wirewatch.feeds.listed import chosen_feeds

    found = load_settings()
    feeds = chosen_feeds(path or (Path(found.feeds) if found.feeds else None), urls=urls, names=names, tags=tags)
    settings = settings_with_servers()
    with polls_shown() as on_progress:
        done = run(settings, feeds, force=force, backfill=backfill, on_progress=on_progress)
    if as_json:
        print_json(done)
        return
    taken = f", {done.taken_by_others} taken by another producer" if done.taken_by_others else ""
    click.echo(
        f"{done.polled} of {done.listed} feeds polled: {done.new} new articles, {done.edited} edited, "
        f"{done.unchanged} feeds unchanged, {done.failing} failing{taken} ({done.took_s:.1f} s)"
    )
    if done.failing:
        click.echo("`wirewatch feeds list` says what is wrong with those that fail", err=True)


@contextmanager
def polls_shown() -> Iterator[Callable[[Poll], None]]:
    """What shows how polling goes: a bar on a terminal, else a plain line every 5 s; on standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines(_poll_words)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Polling"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, words="asking what is due")
        yield lambda at: bar.update(task, completed=at.polled, total=at.due, words=_poll_words(at))


def _poll_words(at: Poll) -> str:
    rate = at.polled / at.took_s if at.took_s > 0 else 0.0
    return (
        f"{at.polled} of {at.due} feeds, {at.new} new, {at.edited} edited, {at.unchanged} unchanged, "
        f"{at.failing} failing, {rate:.0f} requests/s"
    )


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
        yield _plain_lines(_words)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Reading"), BarColumn(), TextColumn("{task.fields[words]}"), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, words="")
        yield lambda at: bar.update(task, completed=at.bytes_read, total=at.bytes_total or None, words=_words(at))


def _plain_lines(words: Callable[[T], str]) -> Callable[[T], None]:
    told = time.monotonic()

    def tell(at: T) -> None:
        nonlocal told
        if time.monotonic() - told >= PLAIN_EVERY_S:
            told = time.monotonic()
            click.echo(words(at), err=True)

    return tell


def _words(at: Progress) -> str:
    size = f", {at.bytes_read / 1e6:.1f} of {at.bytes_total / 1e6:.1f} MB" if at.bytes_total else ""
    return f"{at.files} of {at.files_total} files{size}, {at.read} articles"
