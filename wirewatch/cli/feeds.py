"""`wirewatch feeds`: the feeds people own, and how they are."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import FeedListError, UserMistake
from wirewatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from producers.feed_check import Checked
    from wirewatch.feeds.listed import Feed, FeedList
    from wirewatch.feeds.state import FeedState

TITLES_SHOWN = 5
COLOURS = {
    "ok": "green",
    "new": "dim",
    "quiet": "yellow",
    "moved": "yellow",
    "failing": "red",
    "blocked": "red",
    "retired": "red",
    "paused": "dim",
}
feeds_option = click.option(
    "--feeds", "path", type=click.Path(path_type=Path), metavar="FILE", help="A feeds.toml; else WIREWATCH_FEEDS."
)


@click.group()
def feeds() -> None:
    """Look after the feeds: how they are, try them, add some, import and export OPML.

    \b
    wirewatch feeds list
    wirewatch feeds check https://news.example/feed.xml
    wirewatch feeds add https://news.example --feeds desk.toml
    """


@feeds.command("list")
@feeds_option
@click.option("--health", "healths", multiple=True, type=click.Choice(tuple(COLOURS)), help="Only feeds that are so.")
@click.option("--coverage", is_flag=True, help="By country and language: where no news comes, and where none could.")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="With --coverage: this country too.")
@json_option
def list_(
    path: Path | None, healths: tuple[str, ...], coverage: bool, countries: tuple[str, ...], as_json: bool
) -> None:
    """Show how each feed is, in words: ok, quiet, failing since when and why, moved, blocked, retired.

    \b
    wirewatch feeds list --health failing
    wirewatch feeds list --coverage --country SY
    """
    from wirewatch.search.feeds import all_states
    from wirewatch.search.indices import ensure_indices

    listed = list_of(load_settings(), path)
    settings = settings_with_servers()
    ensure_indices(settings)
    states = {state.id: state for state in all_states(settings)}
    now = datetime.now(UTC)
    if coverage:
        _show_coverage(listed, states, countries, now, as_json)
        return
    rows = [_row(feed, states, now) for feed in listed.feeds]
    rows = [row for row in rows if not healths or row["health"] in healths]
    if as_json:
        print_json(rows)
    else:
        _show_rows(rows, now)


@feeds.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@feeds_option
@click.option("--name", "names", multiple=True, metavar="NAME", help="Only feeds of this name or domain.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only feeds with this tag.")
@json_option
def check(
    urls: tuple[str, ...], path: Path | None, names: tuple[str, ...], tags: tuple[str, ...], as_json: bool
) -> None:
    """Try feeds and show what would come in, with complaints; nothing is sent, no servers are needed.

    Exit code 1: one of them cannot be read.

    \b
    wirewatch feeds check https://news.example/feed.xml
    wirewatch feeds check --feeds desk.toml --tag africa
    """
    from producers.feed_check import check as try_out
    from wirewatch.feeds.listed import chosen_feeds

    settings = load_settings()
    chosen = chosen_feeds(_path(settings, path), urls=urls, names=names, tags=tags)
    done = 0

    def tell(_: Checked) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {len(chosen)} feeds tried", nl=done == len(chosen), err=True)

    found = try_out(settings, chosen, now=datetime.now(UTC), on_done=tell)
    if as_json:
        print_json(found)
    else:
        _show_checked(found)
    if any(one.error for one in found):
        click.get_current_context().exit(1)


@feeds.command()
@click.argument("url")
@feeds_option
@click.option("--name", metavar="NAME", help="The outlet's name; else the feed's own title.")
@click.option("--country", metavar="CODE", help="Where the outlet is, such as SY.")
@click.option("--language", metavar="CODE", help="Its language, such as ar; else what the feed says.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may come several times.")
@json_option
def add(
    url: str,
    path: Path | None,
    name: str | None,
    country: str | None,
    language: str | None,
    tags: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the feed at or behind URL and write it into your feeds.toml.

    A page is searched for the feeds that it names, then the usual places are tried. Of several the first is taken,
    and the others are shown.

    \b
    wirewatch feeds add https://news.example --feeds desk.toml --country GB --tag world
    """
    from producers.feed_check import find_feeds
    from producers.reading.draft import language_of
    from wirewatch.feeds.fetch import FetchFailed
    from wirewatch.feeds.listed import Feed, domain_of, without_password

    settings = load_settings()
    target = own_list(settings, path)
    url = url if "://" in url else f"https://{url}"
    try:
        found = find_feeds(settings, url)
    except FetchFailed as error:
        raise UserMistake(f"{without_password(url)}: {error}") from None
    if not found:
        raise UserMistake(f"{without_password(url)}: no feed was found there, nor in the usual places")
    first = found[0]
    said = language or language_of(first.parsed.language)
    feed = Feed(
        first.url,
        name or first.parsed.title[:300] or domain_of(first.url),
        country=country.upper() if country else None,
        language=said.lower() if said else None,
        tags=tags,
    )
    append(target, [feed])
    others = [one.url for one in found[1:]]
    if as_json:
        print_json({"added": msgspec.to_builtins(feed), "file": str(target), "others": others})
        return
    click.echo(f"added {feed.name}: {without_password(feed.url)} ({len(first.parsed.items)} items) to {target}")
    for other in others:
        click.echo(f"also there: {other}", err=True)


@feeds.command("import")
@click.argument("opml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@feeds_option
@json_option
def import_(opml: Path, path: Path | None, as_json: bool) -> None:
    """Write the feeds of an OPML file into your feeds.toml; those that are there already stay as they are.

    \b
    wirewatch feeds import subscriptions.opml --feeds desk.toml
    """
    from wirewatch.feeds.listed import load_feeds
    from wirewatch.feeds.opml import read_opml

    target = own_list(load_settings(), path)
    found, left_out = read_opml(opml.read_bytes(), str(opml))
    known = {feed.id for feed in load_feeds(target).feeds} if target.exists() else set()
    fresh = [feed for feed in found if feed.id not in known]
    append(target, fresh)
    if as_json:
        print_json({"added": len(fresh), "known": len(found) - len(fresh), "left_out": left_out, "file": str(target)})
        return
    for line in left_out:
        click.echo(f"left out  {line}", err=True)
    click.echo(f"{len(fresh)} feeds added to {target}, {len(found) - len(fresh)} were there already")


@feeds.command()
@feeds_option
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only feeds with this tag.")
def export(path: Path | None, tags: tuple[str, ...]) -> None:
    """Print the feeds as OPML, without passwords.

    \b
    wirewatch feeds export --feeds desk.toml > desk.opml
    """
    from wirewatch.feeds.opml import write_opml

    click.echo(write_opml(list_of(load_settings(), path).chosen(tags=tags)), nl=False)


def list_of(settings: Settings, path: Path | None) -> FeedList:
    """The list that is meant: the one named, else the settings', else the one that comes with wirewatch."""
    from wirewatch.feeds.listed import load_feeds
    from wirewatch.resources import seed_feeds

    return load_feeds(_path(settings, path) or seed_feeds())


def own_list(settings: Settings, path: Path | None) -> Path:
    """The list to write to; UserMistake where none is named."""
    found = _path(settings, path)
    if found is None:
        raise UserMistake("which list? name your feeds.toml with --feeds FILE or WIREWATCH_FEEDS; a new one is made")
    return found


def append(target: Path, feeds: Sequence[Feed]) -> None:
    """Write ``feeds`` at the end of a feeds.toml, and nothing where the whole would not hold together."""
    from wirewatch.feeds.listed import parse_feeds
    from wirewatch.feeds.opml import toml_of

    before = target.read_text(encoding="utf-8") if target.exists() else ""
    text = (before.rstrip() + "\n\n" if before.strip() else before) + toml_of(feeds)
    parse_feeds(text, str(target))
    try:
        fresh = target.with_name(target.name + ".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(target)
    except OSError as error:
        raise FeedListError(str(target), f"cannot be written: {error.strerror or error}") from None


def _path(settings: Settings, path: Path | None) -> Path | None:
    return path or (Path(settings.feeds) if settings.feeds else None)


def _row(feed: Feed, states: dict[str, FeedState], now: datetime) -> dict[str, object]:
    """A feed and how it is, as `--json` prints it."""
    from wirewatch.feeds.listed import without_password
    from wirewatch.feeds.state import fresh, health_of

    state = states.get(feed.id) or fresh(feed)
    health, why = ("paused", "left alone, as feeds.toml says") if feed.paused else health_of(state, now=now)
    return {
        "id": feed.id,
        "name": feed.name,
        "url": without_password(feed.url),
        "country": feed.country,
        "language": feed.language,
        "health": health,
        "why": why,
        "since": state.failing_since or state.health_since,
        "failures": state.failures,
        "last_new": state.new_at,
        "polled": state.polled_at,
        "due": state.due_at,
        "articles": state.articles,
        "format": state.format,
        "complaints": state.complaints,
    }


def _show_rows(rows: Sequence[dict[str, object]], now: datetime) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for heading in ("feed", "where", "health", "last new", "next", "why"):
        table.add_column(heading, overflow="fold" if heading == "why" else "ellipsis", no_wrap=heading != "why")
    for row in rows:
        health = str(row["health"])
        where = " ".join(str(row[key]) for key in ("country", "language") if row[key])
        since = f" (since {row['since']:%d %b %H:%M})" if row["failures"] and row["since"] else ""
        table.add_row(
            escape(str(row["name"])),
            where,
            f"[{COLOURS[health]}]{health}[/]",
            _away(row["last_new"], now),
            _away(row["due"], now),
            escape(f"{row['why']}{since}"),
        )
    Console(highlight=False).print(table)


def _away(moment: object, now: datetime) -> str:
    from wirewatch.feeds.state import in_words

    if not isinstance(moment, datetime):
        return "-"
    return f"in {in_words(moment - now)}" if moment > now else f"{in_words(now - moment)} ago"


def _show_coverage(
    listed: FeedList, states: dict[str, FeedState], countries: Sequence[str], now: datetime, as_json: bool
) -> None:
    from wirewatch.feeds.coverage import coverage

    asked = [country.upper() for country in countries]
    found = {
        "countries": coverage(listed.feeds, states, by="country", now=now, asked=asked),
        "languages": coverage(listed.feeds, states, by="language", now=now),
    }
    if as_json:
        print_json(found)
        return
    for what, rows in found.items():
        click.echo(what)
        for row in rows:
            click.echo(f"  {row.of:<8} {row.answering} of {row.feeds} feeds answer: {row.words}")


def _show_checked(found: Sequence[Checked]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    for one in found:
        if one.error:
            console.print(f"[red]{escape(one.name)}[/]: {escape(one.error)}", soft_wrap=True)
            continue
        filtered = f", {one.filtered} left out by its filters" if one.filtered else ""
        console.print(
            f"[green]{escape(one.name)}[/]: {one.format}, {len(one.articles)} articles{filtered}, {one.took_s:.1f} s"
        )
        table = Table(box=SIMPLE_HEAD)
        for heading in ("published", "title", "words", "url"):
            table.add_column(heading, overflow="ellipsis", no_wrap=True, max_width=70)
        for article in one.articles[: TITLES_SHOWN if len(found) > 1 else None]:
            published = f"{article.published_at:%Y-%m-%d %H:%M}" if article.published_at else "no date"
            table.add_row(published, escape(article.title), str(len(article.text.split())), escape(article.url or "-"))
        console.print(table)
        for complaint in one.complaints:
            console.print(f"  [yellow]{escape(complaint)}[/]", soft_wrap=True)
