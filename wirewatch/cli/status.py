"""`wirewatch status`: what runs, how far behind it is, what it refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import WirewatchError
from wirewatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 3.0


@click.command()
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say whether servers and consumers are well, how far behind they are, and what they refused.

    Exit code 0 means healthy.

    \b
    wirewatch status --json
    """
    from wirewatch.embedded import find_servers, read_state

    settings = load_settings()
    found = find_servers(settings)
    state = read_state(settings.data_dir)
    found = found and found.impatient(PATIENCE_S)
    report: dict[str, Any] = {
        "servers": {
            "kafka": found and found.kafka,
            "elasticsearch": found and found.elasticsearch,
            "airflow": state and state.airflow,
        },
        "lag": {},
        "consumers": {},
        "rates": {},
        "feeds": {},
        "dead_letters": {},
        "stories": {},
        "channels": {},
        "pulse": _pulse(settings),
        "runs": [],
        "page": state and state.page,
        "problems": [],
    }
    if found is None:
        report["problems"].append("nothing is up here; `wirewatch up --detach` starts it")
    else:
        _look(found, report)
        missing = [name for name in (state.consumers if state else ()) if not report["consumers"].get(name, 1)]
        missing += ["page"] if state and state.page and not _answers(state.page) else []
        report["problems"] += [f"{name} is not running; its log is in {settings.data_dir}/logs" for name in missing]
    if as_json:
        print_json(report)
    else:
        _show(report)
    ctx.exit(1 if report["problems"] else 0)


def _answers(page: str) -> bool:
    import httpx

    try:
        return httpx.get(f"{page}ready", timeout=PATIENCE_S).is_success
    except httpx.HTTPError:
        return False


def _pulse(settings: Settings) -> dict[str, Any] | None:
    """When the last pulse was sent and how long it took, and the troubles that were told then; None: there was none."""
    import msgspec

    from producers.told import last_told

    told = last_told(settings)
    return msgspec.to_builtins(told) if told.at else None


def _pulse_line(pulse: dict[str, Any]) -> str:
    took = pulse["took_s"]
    line = f"the last, {pulse['at'][:19]}, " + ("did not come through" if took is None else f"took {took:.1f} s")
    return "\n".join([f"pulse          {line}", *(f"  trouble: {one}" for one in pulse["troubles"].values())])


def _look(settings: Settings, report: dict[str, Any]) -> None:
    from consumers.clusterer import forgotten_articles
    from wirewatch.search.client import connect, reachable
    from wirewatch.search.deliveries import undelivered
    from wirewatch.search.feeds import feeds_by_health
    from wirewatch.search.rates import indexed_since
    from wirewatch.stream.admin import lag, members
    from wirewatch.stream.dead_letters import waiting_by_consumer

    problems: list[str] = report["problems"]

    def ask(question: Callable[[], None]) -> None:
        try:
            question()
        except WirewatchError as error:
            if str(error) not in problems:
                problems.append(str(error))

    def kafka() -> None:
        report["lag"] = lag(settings)
        report["consumers"] = members(settings)
        report["dead_letters"] = waiting_by_consumer(settings)
        report["stories"] = {"kept": settings.stories_kept, "forgotten": forgotten_articles(settings)}

    def elasticsearch() -> None:
        reachable(settings)
        report["rates"] = {"articles_per_minute": indexed_since(settings, seconds=60)}
        report["feeds"] = feeds_by_health(settings)
        with connect(settings) as es:
            report["channels"] = undelivered(es, settings)

    def airflow() -> None:
        from wirewatch.scheduling.api import airflow_api
        from wirewatch.scheduling.own_airflow import read_health

        ill = [part for part, said in read_health(report["servers"]["airflow"]).items() if said == "unhealthy"]
        problems.extend(f"Airflow's {part} is not well; its log is in {settings.data_dir}/logs" for part in ill)
        with airflow_api(settings) as api:
            report["runs"] = api.runs(limit=5)

    ask(kafka)
    ask(elasticsearch)
    if report["servers"]["airflow"]:
        ask(airflow)


def _show(report: dict[str, Any]) -> None:
    servers = report["servers"]
    click.echo(f"Kafka          {servers['kafka'] or 'not running'}")
    click.echo(f"Elasticsearch  {servers['elasticsearch'] or 'not running'}")
    for group, behind in report["lag"].items():
        running = report["consumers"].get(group, 0)
        click.echo(
            f"{group:<14} {f'{running} running' if running else 'not running'}, {behind} behind, "
            f"{report['dead_letters'].get(group, 0)} dead letters"
        )
    if report["stories"].get("forgotten"):
        click.echo(
            f"stories        {report['stories']['forgotten']} of the oldest articles forgotten; "
            f"WIREWATCH_STORIES_KEPT is {report['stories']['kept']}"
        )
    if report["rates"]:
        click.echo(f"indexed        {report['rates']['articles_per_minute']} articles in the last minute")
    for name, count in report["channels"].items():
        click.echo(f"channel {name} has not taken {count} alert{'s' if count > 1 else ''} yet")
    if report["pulse"]:
        click.echo(_pulse_line(report["pulse"]))
    click.echo(f"page           {report['page'] or 'not running'}")
    if report["feeds"]:
        healths = ", ".join(f"{count} {health}" for health, count in report["feeds"].items())
        click.echo(f"feeds          {healths}; `wirewatch feeds list` says why")
    click.echo(f"Airflow        {servers['airflow'] or 'not running'}")
    for run in report["runs"]:
        click.echo(f"  {run.dag_id} {run.state} {(run.started or '')[:16]} ({run.kind})")
    for problem in report["problems"]:
        click.echo(f"! {problem}")
