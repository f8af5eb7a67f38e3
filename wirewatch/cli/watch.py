"""`wirewatch watch`: stories and alerts as they come, with health and lag."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Event
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import duration, json_option, settings_with_servers, stop_on_signals

if TYPE_CHECKING:
    from wirewatch.page.pulse import Pulse
    from wirewatch.search.coming import Come
    from wirewatch.settings import Settings

EVERY_S = 2.0
HEALTH_EVERY_S = 30.0


@click.command()
@click.option("--since", callback=duration, default="10m", show_default=True, help="Begin so far back: 90m, 24h, 7d.")
@click.option("--once", is_flag=True, help="Show what there is, and end.")
@json_option
def watch(since: timedelta, once: bool, as_json: bool) -> None:
    """Show stories and alerts as they come, until Ctrl-C; now and then, how the line is.

    \b
    wirewatch watch
    wirewatch watch --since 24h --once --json
    """
    import msgspec

    from wirewatch.page.pulse import look

    settings, stop = settings_with_servers(), stop_on_signals()
    health_at = 0.0
    for come in _coming(settings, datetime.now(UTC) - since, stop, once):
        for one in come:
            click.echo(msgspec.json.encode(one) if as_json else _line(one, settings.zone))
        if not as_json and time.monotonic() > health_at:
            health_at = time.monotonic() + HEALTH_EVERY_S
            click.echo(_health(look(settings), settings.zone))


def _coming(settings: Settings, since: datetime, stop: Event, once: bool) -> Iterator[list[Come]]:
    """What is new each time that it is looked, the oldest first; each story and alert comes once."""
    from wirewatch.search.client import connect
    from wirewatch.search.coming import coming

    seen: set[str] = set()
    with connect(settings) as es:
        while True:
            found = [one for one in coming(es, settings, since=since) if one.id not in seen]
            seen |= {one.id for one in found}
            yield found
            if once or stop.wait(EVERY_S):
                return


def _line(come: Come, zone: tzinfo) -> str:
    at = f"{come.at.astimezone(zone):%H:%M:%S}"
    told = f"{come.outlets} outlet{'s' if come.outlets != 1 else ''}"
    if come.kind == "alert":
        return click.style(f"{at}  ALERT  {come.rule} ({come.status}): {come.title}", bold=True) + f"  {told}"
    return f"{at}  story  {come.title}  {told}"


def _health(pulse: Pulse, zone: tzinfo) -> str:
    from wirewatch.page.pulse import problems

    broken = problems(pulse, now=pulse.at)
    behind = ", ".join(f"{group} {count}" for group, count in pulse.lag.items() if count) or "nobody behind"
    how = "; ".join(broken) if broken else "all well"
    at = f"{pulse.at.astimezone(zone):%H:%M:%S}"
    return click.style(f"{at}  {how}; {behind}; {pulse.arrivals.minute} in the last minute", dim=True)
