"""`wirewatch backup` and `wirewatch restore`: what a lost index would take with it for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake

if TYPE_CHECKING:
    from wirewatch.cli.progress import Progress
    from wirewatch.search.backup import KeptDocument
    from wirewatch.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Keep in FILE: rules with their history, alerts and who was told, corrections, what is known of feeds, measures.

    All of it as it stands at one moment, also while everything runs. Articles and stories are not in it, nor the
    addresses of channels. An older FILE of that name is replaced once the new one is whole.

    \b
    wirewatch backup /backup/wirewatch.jsonl.gz
    """
    from wirewatch.cli.progress import Progress
    from wirewatch.search.backup import count_kept
    from wirewatch.search.backup_file import write_backup

    settings = settings_with_servers()
    with Progress() as progress:
        total = count_kept(settings)
        if not total:
            raise UserMistake(f"there is nothing to keep yet: no rule, no alert, no feed; {file} is not written")
        progress.doing(f"keeping some {total} documents")
        written = write_backup(file, _read(settings, progress), now=datetime.now(UTC))
    if as_json:
        print_json({"file": str(file), "documents": written, "bytes": file.stat().st_size})
    else:
        click.echo(f"{file}: {written} documents; `wirewatch restore {file}` puts them back")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def restore(file: Path, as_json: bool) -> None:
    """Put back what `wirewatch backup` kept in FILE, before the consumers are started on an index that was lost.

    What the index has in a later state stays as it is; doing it twice changes nothing.

    \b
    wirewatch up --detach --servers-only
    wirewatch restore /backup/wirewatch.jsonl.gz
    """
    from wirewatch.cli.progress import Progress
    from wirewatch.search.backup import restore_documents
    from wirewatch.search.backup_file import check_backup, read_backup

    with Progress() as progress:
        progress.doing(f"reading {file.name}")
        total = check_backup(file)
        settings = settings_with_servers()
        progress.doing(f"writing {total} documents")
        done = restore_documents(settings, read_backup(file), progress=lambda n: progress.reached(f"{n}"))
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done.written} documents put back, {done.already_there} were there already")


def _read(settings: Settings, progress: Progress) -> Iterator[KeptDocument]:
    from wirewatch.search.backup import kept_documents

    read = 0
    for page in kept_documents(settings):
        yield from page
        read += len(page)
        progress.reached(f"{read}")
