"""`wirewatch report`: what happened, as one file that can be mailed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from wirewatch.cli.common import settings_with_servers
from wirewatch.errors import UserMistake


@click.command()
@click.option("--html", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Write this file.")
@click.option(
    "--since", default="24h", show_default=True, metavar="TIME", help="Look back so far: 90m, 24h, 7d, 2w, all."
)
def report(file: Path, since: str) -> None:
    """Write situation, stories and alerts into one HTML file that needs nothing beside it.

    \b
    wirewatch report --html today.html --since 24h
    """
    from wirewatch.page.report import render

    text = render(settings_with_servers(), now=datetime.now(UTC), span=since)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserMistake(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"{file}: {len(text.encode()) // 1000} kB")
