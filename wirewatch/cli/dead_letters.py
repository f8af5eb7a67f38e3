"""`wirewatch dead-letters`: what the consumers refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake
from wirewatch.topics import CONSUMERS

if TYPE_CHECKING:
    from wirewatch.models import DeadLetter

SHOWN_BYTES = 2_000


@click.group()
def dead_letters() -> None:
    """What the consumers refused, with the reason of each: list it, look at it, send it again.

    \b
    wirewatch dead-letters list
    wirewatch dead-letters show news.articles.raw/0/17
    wirewatch dead-letters replay tagger
    """


def _chosen(consumer: str | None) -> tuple[str, ...]:
    return (consumer,) if consumer else CONSUMERS


def _waiting(consumer: str | None) -> list[DeadLetter]:
    from wirewatch.stream.dead_letters import waiting

    return waiting(settings_with_servers(), _chosen(consumer))


@dead_letters.command("list")
@click.argument("consumer", type=click.Choice(CONSUMERS), required=False)
@json_option
def list_(consumer: str | None, as_json: bool) -> None:
    """List the letters that wait, of CONSUMER or of all.

    \b
    wirewatch dead-letters list indexer
    """
    letters = _waiting(consumer)
    if as_json:
        print_json(letters)
        return
    if not letters:
        click.echo("nothing was refused")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("refused at", "consumer", "message", "reason", box=None)
    for letter in letters:
        table.add_row(f"{letter.refused_at:%Y-%m-%d %H:%M:%S}", letter.consumer, letter.id, letter.reason)
    Console().print(table)
    click.echo("`wirewatch dead-letters replay` sends them again once the cause is gone")


@dead_letters.command()
@click.argument("letter_id")
@json_option
def show(letter_id: str, as_json: bool) -> None:
    """Show the letter LETTER_ID whole: why, when, and the message itself.

    \b
    wirewatch dead-letters show news.articles.raw/0/17
    """
    letter = next((letter for letter in _waiting(None) if letter.id == letter_id), None)
    if letter is None:
        raise UserMistake(f"no dead letter {letter_id} waits; `wirewatch dead-letters list` shows those that do")
    if as_json:
        print_json(letter)
        return
    click.echo(f"{letter.id}, refused by {letter.consumer} at {letter.refused_at:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"reason: {letter.reason}")
    click.echo(f"origin: {letter.origin}, schema: {letter.schema}, key: {letter.key!r}, {len(letter.value)} bytes:")
    click.echo(letter.value[:SHOWN_BYTES].decode("utf-8", "backslashreplace"))


@dead_letters.command()
@click.argument("consumer", type=click.Choice(CONSUMERS), required=False)
@click.option("--limit", type=click.IntRange(min=1), help="Send so many at most, oldest first.")
@json_option
def replay(consumer: str | None, limit: int | None, as_json: bool) -> None:
    """Send the letters of CONSUMER, or of all, again to the topics they came from.

    \b
    wirewatch dead-letters replay indexer --limit 100
    """
    from wirewatch.stream.dead_letters import replay as send_again

    sent = send_again(settings_with_servers(), _chosen(consumer), limit=limit)
    if as_json:
        print_json({"sent": sent})
    else:
        click.echo(f"{sent} sent again" if sent else "nothing waits")
