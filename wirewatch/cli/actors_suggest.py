"""`wirewatch actors suggest`: frequent names in the news that nobody has listed yet."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from wirewatch.cli.common import duration, json_option, print_json, settings_with_servers
from wirewatch.cli.known import all_names, known
from wirewatch.text import folded_words

if TYPE_CHECKING:
    from wirewatch.search.unknown import Unknown


class Suggestion(msgspec.Struct, frozen=True):
    """A name with the line that would add it."""

    name: str
    kind: str
    articles: int
    example: str
    add: str


@click.command()
@click.option("--since", callback=duration, metavar="TIME", help="Only articles so young: 90m, 24h, 7d, 2w.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Show so many at most.")
@click.option(
    "--at-least", type=click.IntRange(1), default=2, show_default=True, metavar="N", help="Only names in N articles."
)
@json_option
def suggest(since: timedelta | None, limit: int, at_least: int, as_json: bool) -> None:
    """List frequent names that look like actors and are in no list, each with the line that adds it.

    The kind in that line is a guess from the name: correct it before you type it.

    \b
    wirewatch actors suggest --since 7d
    """
    from wirewatch.search.unknown import unknown_names
    from wirewatch.tagging.gazetteer_sources import common_words

    settings = settings_with_servers()
    actors = known(settings)
    listed = frozenset(" ".join(folded_words(name)) for actor in actors for name in all_names(actor))
    now = datetime.now(UTC)
    found = unknown_names(
        settings,
        without=listed | common_words([]),
        since=now - since if since else None,
        at_least=at_least,
        limit=limit,
    )
    taken = frozenset(actor.id for actor in actors)
    suggestions = [Suggestion(one.name, one.kind, one.articles, one.example, line_for(one, taken)) for one in found]
    if as_json:
        print_json(suggestions)
        return
    for one in suggestions:
        click.echo(f"{one.articles:>6}  {one.name}")
        click.echo(f"        {one.example[:200]}")
        click.echo(f"        {one.add}")
    if not suggestions:
        click.echo("no unlisted name is in so many articles; --at-least 1 shows the rare ones too")


def line_for(one: Unknown, taken: frozenset[str]) -> str:
    """What to type to add it; its id is another than every one that is taken."""
    slug = "-".join(word for word in folded_words(one.name) if word.isascii()) or "new-actor"
    while slug in taken:
        slug += "-2"
    return f"wirewatch actors add {slug} --name {shlex.quote(one.name)} --kind {one.kind}"
