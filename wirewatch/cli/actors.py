"""`wirewatch actors`: who is known, by which names, and how often the news has named them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click
import msgspec

from wirewatch.cli.actors_add import add
from wirewatch.cli.actors_suggest import suggest
from wirewatch.cli.common import json_option, print_json
from wirewatch.cli.known import knowledge_of, known, named
from wirewatch.errors import ServerError
from wirewatch.models import ActorKind
from wirewatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from wirewatch.knowledge.model import Actor, ConditionalAlias, Knowledge, Office


@click.group()
def actors() -> None:
    """Who is known: states, leaders, armed groups, organisations, media.

    \b
    wirewatch actors list --kind armed_group --country SY
    wirewatch actors show "Hayat Tahrir al-Sham"
    """


actors.add_command(add)
actors.add_command(suggest)


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
    knowledge = knowledge_of(settings)
    found = named(knowledge.actors, actor)
    counts = _counts(settings)
    related = relations(knowledge, found)
    if as_json:
        print_json(_as_fields(found, counts) | {"relations": related})
        return
    lines = {
        "kind": found.kind,
        "countries": " ".join(found.countries),
        "also": ", ".join(found.aliases),
        "sometimes": "; ".join(map(_sometimes, found.conditional)),
        **{f"in {language}": ", ".join(names) for language, names in found.names.items()},
        "existed": _span(found.since, found.until),
        "offices": "; ".join(_office(office) for office in found.offices),
        **{label: ", ".join(ids) for label, ids in related.items()},
        "note": found.note or "",
        "articles": "" if counts is None else str(counts.get(found.id, 0)),
    }
    click.echo(f"{found.name} ({found.id})")
    for label, value in lines.items():
        if value:
            click.echo(f"  {label + ':':<14} {value}")


@actors.command()
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Check the knowledge base and your own folder: form, dates, names that collide, unknown parents and countries.

    One line a problem, with file and line. Exit code 1: there are problems.

    
    wirewatch actors check
    """
    from wirewatch.knowledge.load import check as problems_of
    from wirewatch.knowledge.load import own_folder

    settings = load_settings()
    own = own_folder(settings)
    problems = problems_of(own)
    if as_json:
        print_json({"own": own and str(own), "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        where = f"the files that come with wirewatch and {own}" if own else "the files that come with wirewatch"
        click.echo(f"{len(problems)} problems in {where}" if problems else f"{where} hold together")
    ctx.exit(1 if problems else 0)


def relations(knowledge: Knowledge, of: Actor) -> dict[str, list[str]]:
    """How an actor and others belong together, both ways: what it is a part of and what is a part of it, its people."""
    lands = [country for country in knowledge.countries if of.id in (country.government, country.armed_forces)]
    governed = {country.code for country in lands if country.government == of.id}
    return {
        "part of": [of.parent] if of.parent else [],
        "its parts": [one.id for one in knowledge.actors if one.parent == of.id],
        "its people": [
            f"{one.id} ({office.title}{_when(office)})"
            for one in knowledge.actors
            for office in one.offices
            if office.of == of.id or office.country in governed
        ],
        "government of": [country.name for country in lands if country.government == of.id],
        "forces of": [country.name for country in lands if country.armed_forces == of.id],
    }


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


def _sometimes(alias: ConditionalAlias) -> str:
    return f"{alias.name} (with {', '.join((*alias.countries, *alias.words))})"


def _when(office: Office) -> str:
    span = _span(office.since, office.until)
    return f", {span}" if span else ""


def _office(office: Office) -> str:
    where = f" of {place}" if (place := office.of or office.country) else ""
    span = _span(office.since, office.until)
    return f"{office.title}{where}" + (f" ({span})" if span else "")


def _span(since: object, until: object) -> str:
    return f"{since or '?'} to {until or 'today'}" if since or until else ""
