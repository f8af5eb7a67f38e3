"""`wirewatch alerts test`: a rule tried on what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake

if TYPE_CHECKING:
    from wirewatch.alerts.rule import Rule
    from wirewatch.settings import Settings


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
    from wirewatch.alerts.render import trial_text
    from wirewatch.cli.progress import Progress
    from wirewatch.search.trial import try_rule

    settings = settings_with_servers()
    rule = _rule(settings, query, rule_id, fields)
    since = datetime.now(UTC) - timedelta(days=days)
    with Progress() as progress:
        progress.doing("judging stored articles")
        trial = try_rule(settings, rule, since=since, progress=lambda count: progress.reached(f"{count:,}"))
    if as_json:
        print_json(trial)
    else:
        click.echo(trial_text(trial, days))


def _rule(settings: Settings, query: str | None, rule_id: str | None, fields: dict[str, Any]) -> Rule:
    from wirewatch.alerts.names import load_names
    from wirewatch.alerts.rules_file import read_rule
    from wirewatch.cli.alerts import as_written, existing

    if rule_id is not None:
        if query is not None:
            raise UserMistake("give either a QUERY or --rule, not both")
        return existing(settings, rule_id)
    return read_rule(as_written(query, fields | {"rule_id": "trial"}), load_names(settings), where="alerts test")
