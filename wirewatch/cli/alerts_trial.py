"""`wirewatch alerts test`: a rule tried on what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake

if TYPE_CHECKING:
    from wirewatch.alerts.rule import Rule
    from wirewatch.alerts.trial import Trial
    from wirewatch.models import TaggedArticle
    from wirewatch.settings import Settings

BAR = 40


@click.command()
@click.argument("query", required=False)
@click.option("--rule", "rule_id", help="Try a rule that exists, as it is.")
@click.option("--days", type=click.IntRange(1, 36_500), default=30, show_default=True, help="How far to look back.")
@click.option("--actor", "actors", multiple=True, metavar="ID", help="Any of these actors.")
@click.option("--near", metavar="PLACE", help="A place near this one.")
@click.option("--within", type=click.FloatRange(0, 20_100, min_open=True), metavar="KM", help="How near.")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="Any of these countries.")
@click.option("--min-sources", type=click.IntRange(1), help="So many independent outlets.")
@click.option("--broad", is_flag=True, default=None, help="Nearly everything may meet it.")
@json_option
def test(query: str | None, rule_id: str | None, days: int, as_json: bool, **fields: Any) -> None:
    """Try QUERY (with conditions), or a rule that exists, on the stored articles of the last days.

    It is judged by the very matcher that works live; the index only brings the articles that may meet it.

    \b
    wirewatch alerts test '"government forces" AND homs' --near Homs --within 50 --days 30
    """
    from wirewatch.alerts.trial import tried
    from wirewatch.cli.progress import Progress
    from wirewatch.search.past import past_stories

    settings = settings_with_servers()
    rule = _rule(settings, query, rule_id, fields)
    since = datetime.now(UTC) - timedelta(days=days)
    with Progress() as progress:
        progress.doing("judging stored articles")
        trial = tried(rule, _past(settings, rule, since), lambda ids: past_stories(settings, ids))
    if as_json:
        print_json(trial)
    else:
        _show(trial, days)


def _rule(settings: Settings, query: str | None, rule_id: str | None, fields: dict[str, Any]) -> Rule:
    from wirewatch.alerts.names import load_names
    from wirewatch.alerts.rules_file import read_rule
    from wirewatch.cli.alerts import as_written, existing

    if rule_id is not None:
        if query is not None:
            raise UserMistake("give either a QUERY or --rule, not both")
        return existing(settings, rule_id)
    return read_rule(as_written(query, fields | {"rule_id": "trial"}), load_names(settings), where="alerts test")


def _past(settings: Settings, rule: Rule, since: datetime) -> Iterator[tuple[TaggedArticle, str]]:
    from wirewatch.search.past import past_articles

    for page in past_articles(settings, rule, since=since):
        for past in page:
            yield past.tagged, past.story_id


def _show(trial: Trial, days: int) -> None:
    from wirewatch.alerts.render import reason_text

    most = max((day.articles for day in trial.days), default=1)
    for day in trial.days:
        bar = "#" * max(1, round(BAR * day.articles / most))
        click.echo(f"{day.day}  {day.articles:>6} articles {day.stories:>5} new stories  {bar}")
    for sample in trial.samples:
        click.echo(f"\n{sample.timestamp:%Y-%m-%d %H:%M}  {sample.title}")
        for reason in sample.reasons:
            click.echo(f"    - {reason_text(reason)}")
    click.echo(
        f"\n{trial.articles} articles in {trial.stories} stories met it in {days} days; "
        f"you would have been paged {trial.pages} {'time' if trial.pages == 1 else 'times'}"
    )
    if trial.words:
        click.echo("words that do the work: " + ", ".join(f"{word} ({count})" for word, count in trial.words))
