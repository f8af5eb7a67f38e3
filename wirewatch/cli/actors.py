"""`wirewatch actors`: who is known, by which names, and how often the news has named them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
import msgspec

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import ServerError, UserMistake
from wirewatch.models import ActorKind
from wirewatch.settings import Settings, load_settings
from wirewatch.text import folded_words

if TYPE_CHECKING:
    from wirewatch.knowledge.model import Actor, Office


@click.group()
def actors() -> None:
    """Who is known: states, leaders, armed groups, organisations, media.

    \b
    wirewatch actors list --kind armed_group --country SY
    wirewatch actors show "Hayat Tahrir al-Sham"
    """


@actors.command("list")
@click.option("--kind", type=click.Choice(get_args(ActorKind)), help="Only actors of this kind.")
@click.option("--country", metavar="CODE", help="Only actors of this country, such as SY.")
@json_option
def list_(kind: str | None, country: str | None, as_json: bool) -> None:
    """List the actors, with the number of stored articles that name them where servers run.

    \b
    wirewatch actors list --kind person --country FR
    """
    settings = load_settings()
    chosen = [
        actor
        for actor in known(settings)
        if kind in (None, actor.kind) and (country is None or country.upper() in actor.countries)
    ]
    counts = _counts(settings)
    if as_json:
        print_json([_as_fields(actor, counts) for actor in chosen])
        return
    if not chosen:
        click.echo("no actor is of this kind and country; `wirewatch actors list` shows them all")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "name", "kind", "countries", *(["articles"] if counts is not None else []), box=None)
    for actor in chosen:
        number = [str(counts.get(actor.id, 0))] if counts is not None else []
        table.add_row(actor.id, actor.name, actor.kind, " ".join(actor.countries), *number)
    console = Console()
    console.print(table)
    console.print(f"{len(chosen)} actors")


@actors.command()
@click.argument("actor", metavar="ID|NAME")
@json_option
def show(actor: str, as_json: bool) -> None:
    """Show all that is known of one actor, by its id or any of its names.

    \b
    wirewatch actors show bashar-al-assad
    """
    settings = load_settings()
    found = named(known(settings), actor)
    counts = _counts(settings)
    if as_json:
        print_json(_as_fields(found, counts))
        return
    lines = {
        "kind": found.kind,
        "countries": " ".join(found.countries),
        "also": ", ".join(found.aliases),
        "sometimes": ", ".join(alias.name for alias in found.conditional),
        **{f"in {language}": ", ".join(names) for language, names in found.names.items()},
        "part of": found.parent or "",
        "existed": _span(found.since, found.until),
        "offices": "; ".join(_office(office) for office in found.offices),
        "note": found.note or "",
        "articles": "" if counts is None else str(counts.get(found.id, 0)),
    }
    click.echo(f"{found.name} ({found.id})")
    for label, value in lines.items():
        if value:
            click.echo(f"  {label + ':':<11} {value}")


def known(settings: Settings) -> tuple[Actor, ...]:
    """All actors: those that come with wirewatch and the user's own."""
    from wirewatch.knowledge import load_knowledge, own_folder

    return load_knowledge(own_folder(settings), cache_dir=Path(settings.cache_dir)).actors


def named(among: Sequence[Actor], wanted: str) -> Actor:
    """The one actor with this id or name, whatever its case and accents; UserMistake where none or several have it."""
    for actor in among:
        if actor.id == wanted:
            return actor
    folded = folded_words(wanted)
    found = [actor for actor in among if any(folded_words(name) == folded for name in _names(actor))]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserMistake(f"{wanted!r} may be {' or '.join(actor.id for actor in found)}: give the id")
    raise UserMistake(f"no actor {wanted!r} is known{like(among, wanted)}; `wirewatch actors list` shows them all")


def like(among: Sequence[Actor], wanted: str) -> str:
    """The words "did you mean" with the ids of actors whose id or name looks like ``wanted``; empty without any."""
    spelt = {" ".join(folded_words(name)): actor.id for actor in among for name in (actor.id, *_names(actor))}
    near = difflib.get_close_matches(" ".join(folded_words(wanted)), spelt, n=5, cutoff=0.6)
    ids = list(dict.fromkeys(spelt[name] for name in near))[:3]
    return f"; did you mean {' or '.join(ids)}?" if ids else ""


def _names(actor: Actor) -> tuple[str, ...]:
    abroad = (name for names in actor.names.values() for name in names)
    return (actor.name, *actor.aliases, *(alias.name for alias in actor.conditional), *abroad)


def _counts(settings: Settings) -> dict[str, int] | None:
    """Articles by actor; None where no server can say, which is no reason not to list the actors."""
    from wirewatch.embedded import find_servers
    from wirewatch.search.overview import actor_counts

    found = find_servers(settings)
    if found is None:
        return None
    try:
        return actor_counts(found)
    except ServerError as error:
        click.echo(f"wirewatch: without numbers of articles: {error}", err=True)
        return None


def _as_fields(actor: Actor, counts: dict[str, int] | None) -> dict[str, object]:
    return {**msgspec.structs.asdict(actor), "articles": None if counts is None else counts.get(actor.id, 0)}


def _office(office: Office) -> str:
    where = f" of {place}" if (place := office.of or office.country) else ""
    span = _span(office.since, office.until)
    return f"{office.title}{where}" + (f" ({span})" if span else "")


def _span(since: object, until: object) -> str:
    return f"{since or '?'} to {until or 'today'}" if since or until else ""
