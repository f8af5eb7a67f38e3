"""`wirewatch tag`: the tags of a text, and why; needs no servers."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import UnreadableInput, UserMistake

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from wirewatch.models import Argument, Mention, TaggedArticle
    from wirewatch.tagging import Tagger


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--jsonl", is_flag=True, help='Read {"id", "text"} a line and write the tags of each, for programs.')
@click.option("--why", is_flag=True, help="Show each choice, what it beat, and by what.")
@click.option(
    "--wrong",
    nargs=2,
    metavar="ARTICLE MENTION",
    help="Correct a tag of a stored article (id or URL): its name, name:2 for the second, name@120, name=ID.",
)
@click.option("--should-be", metavar="ID", help="With --wrong: the actor or GeoNames id it is; else it is nothing.")
@click.option("--by", metavar="NAME", help="With --wrong: who says so; else the user who is logged in.")
@json_option
def tag(
    files: tuple[str, ...],
    jsonl: bool,
    why: bool,
    wrong: tuple[str, str] | None,
    should_be: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Show the actors and places of a text: of each FILE (first line = title), or of standard input.

    \b
    wirewatch tag --why article.txt
    wirewatch tag --jsonl texts.jsonl > tags.jsonl
    wirewatch tag --wrong https://harbourwire.example/atlanta Georgia --should-be 4197000
    """
    if wrong is not None:
        from wirewatch.cli.corrections import correct

        if files or jsonl or why:
            raise UserMistake("--wrong corrects a stored article: it goes with --should-be and --json only")
        correct(*wrong, should_be, by=by, now=datetime.now(UTC), as_json=as_json)
        return
    if should_be is not None or by is not None:
        raise UserMistake("--should-be and --by belong to a correction: add --wrong ARTICLE MENTION")
    from wirewatch.settings import load_settings
    from wirewatch.tagging import load_tagger

    tagger = load_tagger(load_settings())
    now = datetime.now(UTC)
    if jsonl:
        _write_lines(tagger, files, now)
        return
    tagged = [tagger.tag(article, now=now) for article in _articles(files, now)]
    if as_json:
        print_json([t.tags for t in tagged])
        return
    from rich.console import Console

    console = Console()
    for one in tagged:
        _draw(console, one, why)


def _articles(files: tuple[str, ...], now: datetime) -> Iterator[Any]:
    from wirewatch.tagging.export import article_of
    from wirewatch.text import clean

    for name in files or ("-",):
        title, _, text = clean(_text(name)).partition("\n")
        if not title.strip():
            raise UnreadableInput(name, "there is no text in it")
        yield article_of(text.strip(), title=title.strip(), now=now)


def _text(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UnreadableInput(name, error.strerror or str(error)) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableInput(name, f"not UTF-8 ({error.reason} at byte {error.start})") from None


def _write_lines(tagger: Tagger, files: tuple[str, ...], now: datetime) -> None:
    for name in files or ("-",):
        if name == "-":
            _tag_lines(tagger, name, sys.stdin.buffer, sys.stdout, now)
            continue
        try:
            with Path(name).open("rb") as lines:
                _tag_lines(tagger, name, lines, sys.stdout, now)
        except OSError as error:
            raise UnreadableInput(name, error.strerror or str(error)) from None


def _tag_lines(tagger: Tagger, name: str, lines: Iterable[bytes], out: TextIO, now: datetime) -> None:
    import json

    from wirewatch.tagging.export import line

    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        where = f"{'standard input' if name == '-' else name}:{number}"
        try:
            given = json.loads(raw)  # not msgspec: lone surrogates are legal in JSON, and texts hold them
        except ValueError as error:
            raise UnreadableInput(where, f"not JSON ({error})") from None
        if not isinstance(given, dict) or "id" not in given or not isinstance(given.get("text"), str):
            raise UnreadableInput(where, 'a line must be an object with "id" and "text"')
        out.write(json.dumps(line(tagger, given["id"], given["text"], now=now)) + "\n")
    out.flush()


STYLES = {"person": "bold magenta", "organisation": "bold cyan", "place": "bold green", "demonym": "green"}


def _draw(console: Console, tagged: TaggedArticle, why: bool) -> None:
    tags = tagged.tags
    for field in ("title", "text"):
        content = tagged.article.title if field == "title" else tagged.article.text
        if content:
            console.print(_coloured(content, [m for m in tags.mentions if m.field == field], bold=field == "title"))
            console.print()
    if tags.unsupported_language:
        console.print(f"Language {tags.language}: its names cannot be read yet, so there are no tags.")
        return
    focus = f"About {tags.focus_country}. " if tags.focus_country else ""
    console.print(f"{focus}Language {tags.language or 'unknown'}.")
    console.print(_actor_table(tagged))
    console.print(_place_table(tagged))
    if why:
        console.print(_actor_reasons(tags.mentions))
        console.print(_place_reasons(tagged))


def _coloured(content: str, mentions: list[Mention], *, bold: bool) -> Text:
    from rich.text import Text

    text = Text(content, style="bold" if bold else "")
    for mention in mentions:
        text.stylize(STYLES["demonym" if mention.role == "demonym" else mention.type], mention.start, mention.end)
    return text


def _table(title: str, *columns: str, lines: bool = False) -> Table:
    from rich.table import Table

    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", show_edge=False, show_lines=lines)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _actor_table(tagged: TaggedArticle) -> Table:
    table = _table("Actors", "name", "kind", "id", "salience", "about")
    for actor in tagged.tags.actors:
        about = "yes" if actor.id in tagged.tags.about_actors else ""
        table.add_row(actor.name, actor.kind, actor.id, f"{actor.salience:.2f}", about)
    return table


def _place_table(tagged: TaggedArticle) -> Table:
    table = _table("Places", "name", "country", "precision", "point", "id", "salience", "about")
    for place in tagged.tags.places:
        point = f"{place.point.lat:.2f}, {place.point.lon:.2f}" if place.point else ""
        point += " (nearest city)" if place.located_by == "nearest" and place.point else ""
        kind = "demonym" if place.role == "demonym" else place.precision or "region"
        about = "yes" if place.id and place.id in tagged.tags.about_locations else ""
        table.add_row(place.name, place.country_code or "", kind, point, place.id or "", f"{place.salience:.2f}", about)
    return table


def _actor_reasons(mentions: tuple[Mention, ...]) -> Table:
    table = _table("Why these actors", "mention", "is", "sure", "because", "times")
    times = Counter((m.name, m.entity_id or "", f"{m.confidence:.2f}", m.reason) for m in mentions if m.type != "place")
    for row, n in times.items():
        table.add_row(*row, str(n))
    return table


def _place_reasons(tagged: TaggedArticle) -> Table:
    """Each choice with what speaks for it, beside what spoke for the place that it beat."""
    table = _table("Why these places", "mention", "is", "beat", lines=True)
    for choice in tagged.tags.choices:
        mentions = [tagged.tags.mentions[n] for n in choice.mentions]
        names = Counter(m.name for m in mentions)
        name = "\n".join(f"{name} x{n}" if n > 1 else name for name, n in names.items())
        beaten = choice.runner_up
        table.add_row(
            f"{name}\nsure {mentions[0].confidence:.2f}",
            _weighed(choice.score, f"{choice.name}, id {choice.id}", choice.reasons),
            _weighed(choice.score - beaten.by, f"{beaten.name}, by {beaten.by:.1f}", beaten.reasons)
            if beaten
            else "nothing: no place elsewhere has that name",
        )
    for m in tagged.tags.mentions:
        if m.type == "place" and m.entity_id is None:
            table.add_row(m.name, f"a place in no list\n{m.reason}", "")
    return table


def _weighed(score: float, name: str, reasons: tuple[Argument, ...]) -> Table:
    """A place with its score, and its reasons with their weights below it."""
    from rich.markup import escape
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(f"{score:.1f}", f"[bold]{escape(name)}[/bold]")
    for reason in reasons:
        grid.add_row(f"{reason.weight:+.1f}" if reason.weight else "", escape(reason.why))
    return grid
