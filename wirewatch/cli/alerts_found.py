"""`wirewatch alerts log|ack|why-not|show-alert`: what the rules found, and why, or why not."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

import click

from wirewatch.cli.common import duration, json_option, login_name, print_json, settings_with_servers
from wirewatch.errors import UserMistake
from wirewatch.models import AlertStatus

if TYPE_CHECKING:
    from wirewatch.models import Alert

FOLLOW_S = 1.0


@click.command()
@click.option("--rule", help="Only of this rule.")
@click.option("--status", multiple=True, type=click.Choice(get_args(AlertStatus)), help="Only in this state.")
@click.option("--since", callback=duration, metavar="TIME", help="Only so young: 90m, 24h, 7d.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many at most.")
@click.option("--follow", is_flag=True, help="Go on showing what comes, until Ctrl-C.")
@json_option
def log(
    rule: str | None, status: tuple[str, ...], since: timedelta | None, limit: int, follow: bool, as_json: bool
) -> None:
    """Show the alerts, the newest last, each with its reasons.

    \b
    wirewatch alerts log --rule fighting-near-homs --since 24h
    wirewatch alerts log --follow
    """
    import msgspec

    from wirewatch.search.alerts import find_alerts
    from wirewatch.search.client import connect

    settings = settings_with_servers()
    after = datetime.now(UTC) - since if since else None
    shown: set[tuple[str, str]] = set()
    with connect(settings) as es:
        found = find_alerts(es, settings, rule=rule, status=status, since=after, limit=limit)
        if as_json and not follow:
            print_json(found)
            return
        if not found and not follow:
            click.echo("no alert yet; `wirewatch alerts list` shows the rules")
        while True:
            for alert in reversed(found):
                if (alert.id, alert.status) not in shown:
                    shown.add((alert.id, alert.status))
                    click.echo(msgspec.json.encode(alert).decode() if as_json else _line(alert))
            if not follow:
                return
            time.sleep(FOLLOW_S)
            found = find_alerts(es, settings, rule=rule, status=status, since=after, limit=limit)


@click.command("show-alert")
@click.argument("alert_id", metavar="ALERT")
@json_option
def show_alert(alert_id: str, as_json: bool) -> None:
    """Show one ALERT (its id, or the beginning of it as `log` shows it) with its reasons.

    \b
    wirewatch alerts show-alert 3f09c1d2
    """
    from wirewatch.alerts.render import alert_text

    found = _alert(alert_id)
    if as_json:
        print_json(found)
    else:
        click.echo(alert_text(found))


@click.command()
@click.argument("alert_id", metavar="ALERT")
@json_option
def ack(alert_id: str, as_json: bool) -> None:
    """Note that you have seen ALERT (its id, or the beginning of it).

    \b
    wirewatch alerts ack 3f09c1d2
    """
    from wirewatch.search.alerts import acknowledge, get_alerts
    from wirewatch.search.client import connect

    settings = settings_with_servers()
    found = _alert(alert_id)
    with connect(settings) as es:
        acknowledge(es, settings, found.id, by=login_name(), at=datetime.now(UTC))
        (stored,) = get_alerts(es, settings, [found.id])
    if as_json:
        print_json(stored.alert)
    else:
        click.echo(f"{found.id}: seen by {stored.alert.acked_by}")


@click.command("why-not")
@click.argument("rule_id", metavar="RULE")
@click.argument("article", metavar="ARTICLE")
@json_option
def why_not(rule_id: str, article: str, as_json: bool) -> None:
    """Say which condition of RULE the stored ARTICLE (its id or URL) fails, and how nearly it meets it.

    \b
    wirewatch alerts why-not fighting-near-homs https://harbourwire.example/homs
    """
    from wirewatch.alerts.seen import Seen
    from wirewatch.alerts.trial import alone
    from wirewatch.alerts.why_not import answers_text
    from wirewatch.alerts.why_not import why_not as ask
    from wirewatch.cli.alerts import existing
    from wirewatch.models import alert_id
    from wirewatch.search.alerts import get_alerts
    from wirewatch.search.client import connect
    from wirewatch.search.past import past_article, past_stories

    settings = settings_with_servers()
    rule = existing(settings, rule_id)
    past = past_article(settings, article)
    if past is None:
        raise UserMistake(f"no stored article has the id or URL {article!r}; `wirewatch search` finds them")
    story = past_stories(settings, [past.story_id]).get(past.story_id) or alone(past.tagged, past.story_id)
    answers = ask(rule, Seen(past.tagged), story)
    with connect(settings) as es:
        made = [stored.alert for stored in get_alerts(es, settings, [alert_id(rule.id, past.story_id)])]
    if as_json:
        print_json({"conditions": answers, "alert": made[0] if made else None})
        return
    click.echo(f"{past.tagged.article.title}")
    click.echo(answers_text(answers))
    if rule.state != "active":
        click.echo(f"NOT state: the rule is {rule.state}")
    for alert in made:
        click.echo(f"an alert of this story exists: {alert.id}, {alert.status}, made by {alert.article_id}")
    if not made and all(answer.met for answer in answers):
        click.echo("it meets the rule now; it was judged before the rule was so, or has yet to be judged")


def _alert(alert_id: str) -> Alert:
    from wirewatch.search.alerts import alerts_like
    from wirewatch.search.client import connect

    settings = settings_with_servers()
    with connect(settings) as es:
        found = alerts_like(es, settings, alert_id)
    if len(found) == 1:
        return found[0]
    if found:
        raise UserMistake(f"{len(found)} alerts begin with {alert_id!r}; give more of the id")
    raise UserMistake(f"there is no alert {alert_id!r}; `wirewatch alerts log` shows them")


def _line(alert: Alert) -> str:
    from wirewatch.alerts.render import reason_text

    seen = f", seen by {alert.acked_by}" if alert.acked_by else ""
    head = f"{alert.made_at:%Y-%m-%d %H:%M:%S}  {alert.id[:8]}  {alert.status:<9} {alert.rule_name}: {alert.title}"
    outlets = f"    {alert.articles} articles, {alert.outlets} independent outlets{seen}"
    return "\n".join([head, outlets, *(f"    - {reason_text(reason)}" for reason in alert.reasons)])
