"""`wirewatch actors add`: somebody new, or another name of somebody known, into the user's own file."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import ServerError, UserMistake
from wirewatch.models import ActorKind
from wirewatch.settings import Settings, load_settings
from wirewatch.text import folded_words

if TYPE_CHECKING:
    from wirewatch.knowledge.model import Actor, Knowledge
    from wirewatch.search.firing import Firing

DAY = click.DateTime(["%Y-%m-%d"])


class Added(msgspec.Struct, frozen=True):
    """What was written where, and what its new names do in the stored articles of the last 30 days."""

    id: str
    file: str
    written: bool
    warnings: tuple[str, ...] = ()
    firing: tuple[Firing, ...] = ()


@click.command()
@click.argument("actor_id", metavar="ID")
@click.option("--name", help="The name by which news calls it; needed for somebody new.")
@click.option("--kind", type=click.Choice(get_args(ActorKind)), help="What it is; needed for somebody new.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Another name or acronym; may be repeated.")
@click.option(
    "--sometimes",
    multiple=True,
    metavar="NAME",
    help="A name that stands for it only in articles that name its countries or one of --word; may be repeated.",
)
@click.option("--word", "words", multiple=True, help="A word that makes --sometimes names stand for it.")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="Its country, such as SY; may be repeated.")
@click.option("--parent", metavar="ID", help="The actor that it is a part of.")
@click.option("--since", type=DAY, help="The day it began to be.")
@click.option("--until", type=DAY, help="Its last day.")
@click.option(
    "--office", "offices", multiple=True, metavar="TITLE:WHERE[:SINCE[:UNTIL]]", help="An office that a person held."
)
@click.option("--note", help="A remark for people.")
@click.option("--dry-run", is_flag=True, help="Check it and count how often it would fire; write nothing.")
@json_option
def add(actor_id: str, dry_run: bool, as_json: bool, **given: Any) -> None:
    """Add an actor, or names and dates of one that is known, to your own file of actors.

    The file is actors.toml in the folder WIREWATCH_KNOWLEDGE (`knowledge` in the data folder where none is set); it
    is made for people to read and edit. What does not hold together is refused. A name that would also be found
    where it is an ordinary word gets a warning that counts it in the stored articles of the last 30 days.

    \b
    wirewatch actors add harbour-brigade --name "Harbour Brigade" --kind armed_group --country SY --alias HBG
    wirewatch actors add hezbollah --alias "Party of God fighters"
    wirewatch actors add jane-marsh --name "Jane Marsh" --kind person --office "president:GB:2026-01-01"
    """
    from wirewatch.knowledge import load_knowledge
    from wirewatch.knowledge.own import file_of, problems_with, with_actor, write_whole

    settings = load_settings()
    folder = own_folder_to_write(settings)
    knowledge = load_knowledge(folder if folder.is_dir() else None, cache_dir=Path(settings.cache_dir))
    before = next((actor for actor in knowledge.actors if actor.id == actor_id), None)
    fields = _fields(actor_id, before, given)
    file = file_of(folder, actor_id)
    text = with_actor(file.read_text(encoding="utf-8") if file.exists() else "", fields)
    wrong = problems_with(folder, file, text)
    if wrong:
        raise UserMistake(f"not added: {_about(wrong[0], file, actor_id)}")
    after = _after(before, fields)
    firing = _firing(settings, knowledge, after, new_names(before, after))
    if not dry_run:
        write_whole(file, text)
    warnings = tuple(filter(None, (warning(one) for one in firing)))
    added = Added(actor_id, str(file), not dry_run, warnings, tuple(firing))
    if as_json:
        print_json(added)
    else:
        _print(added, new=before is None)


def own_folder_to_write(settings: Settings) -> Path:
    """Where the user's own actors are, or are to be."""
    from wirewatch.knowledge.load import OWN_FOLDER

    return Path(settings.knowledge) if settings.knowledge else Path(settings.data_dir) / OWN_FOLDER


def _fields(actor_id: str, before: Actor | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to write: what was given, lists added to what is known."""
    if before is None:
        given = {**given, **_asked(given)}
    countries = [code.upper() for code in given["countries"]]
    fields: dict[str, Any] = {"id": actor_id}
    fields |= {name: given[name] for name in ("name", "kind") if given[name]}
    known = msgspec.to_builtins(before, builtin_types=(date,)) if before else {}
    more = {
        "countries": countries,
        "aliases": list(given["aliases"]),
        "conditional": _conditional(given, countries or list(known.get("countries", ()))),
    }
    for name, values in more.items():
        if values:
            old = list(known.get(name, ()))
            fields[name] = [*old, *(value for value in values if value not in old)]
    fields |= {name: given[name] for name in ("parent", "note") if given[name]}
    fields |= {name: given[name].date() for name in ("since", "until") if given[name]}
    if given["offices"]:
        fields["offices"] = [*known.get("offices", ()), *map(_office, given["offices"])]
    if len(fields) == 1:
        raise UserMistake(f"{actor_id} is known; say what to add, such as --alias NAME (`wirewatch actors add --help`)")
    return fields


def _asked(given: Mapping[str, Any]) -> dict[str, str]:
    """Name and kind, asked for on a terminal; elsewhere they must be given."""
    missing = [name for name in ("name", "kind") if not given[name]]
    if missing and not sys.stdin.isatty():
        raise UserMistake(f"nobody has this id yet; to add somebody new give {' and '.join(f'--{n}' for n in missing)}")
    kinds = click.Choice(get_args(ActorKind))
    return {name: click.prompt(f"Its {name}", type=kinds if name == "kind" else str) for name in missing}


def _conditional(given: Mapping[str, Any], countries: list[str]) -> list[dict[str, Any]]:
    words = [" ".join(folded_words(word)) for word in given["words"]]
    if given["sometimes"] and not words and not countries:
        raise UserMistake("--sometimes needs --country or --word: what must an article name for it to count?")
    if words and not given["sometimes"]:
        raise UserMistake("--word says when a --sometimes name counts; give that too")
    where = {"countries": countries} if countries else {}
    when = {"words": words} if words else {}
    return [{"name": name, **where, **when} for name in given["sometimes"]]


def _office(said: str) -> dict[str, Any]:
    """ "president:SY:2000-07-17:2024-12-08": of a country by its code, of an actor by its id."""
    title, where, *days = (*(part.strip() for part in said.split(":")), "")[:4] if ":" in said else (said, "")
    if not title or not where:
        raise UserMistake(f"--office {said}: write TITLE:WHERE[:SINCE[:UNTIL]], such as president:SY:2000-07-17")
    place = {"country": where.upper()} if re.fullmatch(r"[A-Za-z]{2}", where) else {"of": where}
    try:
        since, until = (date.fromisoformat(day) if day else None for day in (*days, "", "")[:2])
    except ValueError:
        raise UserMistake(f"--office {said}: a day is written 2024-12-08") from None
    return {
        "title": title.lower(),
        **place,
        **({"since": since} if since else {}),
        **({"until": until} if until else {}),
    }


def _after(before: Actor | None, fields: Mapping[str, Any]) -> Actor:
    from wirewatch.knowledge.model import Actor

    known = msgspec.to_builtins(before, builtin_types=(date,)) if before else {}
    return msgspec.convert(known | dict(fields), Actor)


def new_names(before: Actor | None, after: Actor) -> list[str]:
    """The names of ``after`` that ``before`` did not have."""

    def names(actor: Actor) -> list[str]:
        return [actor.name, *actor.aliases, *(one.name for one in actor.conditional)]

    old = names(before) if before else []
    return [name for name in dict.fromkeys(names(after)) if name not in old]


def _firing(settings: Settings, knowledge: Knowledge, actor: Actor, names: list[str]) -> list[Firing]:
    """What each new name does; without servers, only that it is new."""
    from wirewatch.embedded import find_servers
    from wirewatch.search.firing import Firing, firing

    found = find_servers(settings)
    if found is None and settings.elasticsearch:
        found = settings
    now = datetime.now(UTC)
    if found is not None:
        try:
            return [firing(found, actor, name, knowledge.countries, now=now) for name in names]
        except ServerError as error:
            click.echo(f"wirewatch: without counts from stored articles: {error}", err=True)
    return [Firing(name) for name in names]


def warning(one: Firing) -> str | None:
    """What speaks against a name: it is an ordinary word, or stands as one in the stored articles; None for nothing."""
    from wirewatch.knowledge.check import is_acronym
    from wirewatch.tagging.gazetteer_sources import common_words

    words = folded_words(one.name)
    ordinary = len(words) == 1 and not is_acronym(one.name) and words[0] in common_words([])
    if not ordinary and one.ordinary <= one.articles:
        return None
    why = "is an ordinary word" if ordinary else f"stands as ordinary words in {one.ordinary} articles"
    return f'"{one.name}" {why}: {counted(one)}; a longer name, or --sometimes with --word, is safer'


def counted(one: Firing) -> str:
    """How often a name fires, in words."""
    if not one.stored:
        return "no articles are stored here to count it in"
    about = "about " if one.about else ""
    return f"it would fire in {about}{one.articles} of the {one.stored} stored articles of the last 30 days"


def _print(added: Added, *, new: bool) -> None:
    for line in added.warnings:
        click.echo(f"warning  {line}", err=True)
    for one in added.firing:
        if one.stored:
            click.echo(f'"{one.name}": {counted(one)}')
        for example in one.examples:
            click.echo(f"    {example[:150]}")
    done = "would be added to" if not added.written else "added to" if new else "changed in"
    click.echo(f"{added.id} {done} {added.file}")
    if added.written:
        click.echo("taggers know it from now on; `wirewatch retag --since 30d --dry-run` shows what it changes")


def _about(problem: Exception, file: Path, actor_id: str) -> str:
    """The problem without the place, where it is the entry just given."""
    where, _, why = str(problem).partition(f"{actor_id}: ")
    return why if why and where.startswith(str(file)) else str(problem)
