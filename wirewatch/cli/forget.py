"""`wirewatch forget`: an article taken down for good."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from wirewatch.cli.common import json_option, login_name, print_json, settings_with_servers
from wirewatch.errors import UserMistake

if TYPE_CHECKING:
    from wirewatch.settings import Settings

PATIENCE_S = 60.0
LOOK_EVERY_S = 0.25
ALERTS_SHOWN = 1_000


@click.command()
@click.argument("article", metavar="ARTICLE")
@click.option("--why", default="", help="The reason, kept in the mark that stands in the article's place.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@json_option
def forget(article: str, why: str, yes: bool, as_json: bool) -> None:
    """Take ARTICLE (its id or its address) out of the index, its story and its alerts, for good.

    A mark stays under its id: replay, retag and a new version of the feed do not bring it back. Whoever was paged for
    it is told that it was taken down. Kafka keeps the message of before until its time is over (a week, where nothing
    else was set); an article that never was here can be kept out in the same way.

    \b
    wirewatch forget https://harbourwire.example/ferry --why "court order of 3 May"
    """
    from wirewatch.search.past import past_article

    settings = settings_with_servers()
    known = past_article(settings, article)
    article_id = known.tagged.article.id if known else _id_of(article)
    title = known.tagged.article.title if known else None
    if not yes and sys.stdin.isatty():
        click.confirm(f"Take down {title!r}?" if title else f"Keep out {article}, which is not stored?", abort=True)
    _send(settings, article_id, f"taken down by {login_name()}" + (f": {why}" if why else ""))
    found = _wait(settings, article_id, title)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _id_of(article: str) -> str:
    """The id that an article which is not stored would have."""
    from wirewatch.text import article_id, canonical_url

    if re.fullmatch(r"[0-9a-f]{32}", article):
        return article
    if canonical_url(article) is None:
        raise UserMistake(f"{article} is no stored article's id or address; `wirewatch search --json` shows ids")
    return article_id(article, "", "")


def _send(settings: Settings, article_id: str, note: str) -> None:
    """Send the mark down the line, where it passes as the article's last version."""
    from wirewatch.models import TAKEN_DOWN, TAKEN_DOWN_TITLE, Article, Lineage, Origin
    from wirewatch.stream import Publisher
    from wirewatch.topics import ARTICLES_RAW

    mark = Article(
        id=article_id,
        title=TAKEN_DOWN_TITLE,
        text="",
        summary=note,
        fetched_at=datetime.now(UTC),
        content_hash=TAKEN_DOWN,
        lineage=Lineage(producer="forget"),
    )
    with Publisher(settings) as publisher:
        publisher.publish(ARTICLES_RAW, mark, origin=Origin.LIVE)


def _wait(settings: Settings, article_id: str, title: str | None) -> dict[str, Any]:
    """What has become of it once the index and every alert are rid of it, or patience is over."""
    from wirewatch.models import TAKEN_DOWN_TITLE
    from wirewatch.search.alerts import find_alerts
    from wirewatch.search.client import connect
    from wirewatch.search.past import past_article

    until = time.monotonic() + PATIENCE_S
    with connect(settings) as es:
        while True:
            alerts = find_alerts(es, settings, article=article_id, limit=ALERTS_SHOWN)
            gone = past_article(settings, article_id) is None
            done = gone and all(alert.title == TAKEN_DOWN_TITLE for alert in alerts)
            if done or time.monotonic() > until:
                statuses = Counter(str(alert.status) for alert in alerts)
                return {"id": article_id, "title": title, "taken_down": done, "alerts": dict(statuses)}
            time.sleep(LOOK_EVERY_S)


def _print(found: dict[str, Any]) -> None:
    what = f"{found['title']!r}" if found["title"] else found["id"]
    if not found["taken_down"]:
        click.echo(f"{what} is being taken down; the line is behind, `wirewatch status` shows how far")
        return
    click.echo(f"{what} is taken down" if found["title"] else f"{what} will be kept out")
    if found["alerts"]:
        click.echo(f"alerts that were made for it: {sum(found['alerts'].values())}; whoever was paged is told")
