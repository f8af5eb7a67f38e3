"""`wirewatch dashboards`: Kibana's dashboards, loaded or written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import json_option, print_json

if TYPE_CHECKING:
    from wirewatch.kibana.loading import Step
    from wirewatch.kibana.saved import SavedObject
    from wirewatch.settings import Settings

SAYS = {
    "new": "new",
    "changed": "changed",
    "same": "the same",
    "edited": "edited in Kibana, kept",
}


@click.group()
def dashboards() -> None:
    """Six dashboards for Kibana 8.12 and later, with their data views and saved searches.

    \b
    wirewatch dashboards load --url http://localhost:5601
    """


@dashboards.command()
@click.option("--url", help="Kibana's address; WIREWATCH_KIBANA otherwise.")
@click.option("--user", help="Its user; WIREWATCH_KIBANA_USER otherwise. The password: WIREWATCH_KIBANA_PASSWORD.")
@click.option("--password", help="Others see it in the list of processes; `--password -` asks for it.")
@click.option("--api-key", help="Instead of user and password; WIREWATCH_KIBANA_API_KEY otherwise.")
@click.option("--space", help="Kibana's space; WIREWATCH_KIBANA_SPACE, or the default one, otherwise.")
@click.option("--force", is_flag=True, help="Overwrite what was edited in Kibana too.")
@click.option("--wait", "wait_s", type=click.FloatRange(0, 3600), default=120.0, show_default=True, metavar="SECONDS",
              help="How long to wait for a Kibana that is starting.")  # fmt: skip
@json_option
def load(
    url: str | None,
    user: str | None,
    password: str | None,
    api_key: str | None,
    space: str | None,
    force: bool,
    wait_s: float,
    as_json: bool,
) -> None:
    """Put the dashboards into Kibana, or bring them up to date.

    What was edited in Kibana since is kept, and said; doing it twice changes nothing.

    \b
    wirewatch dashboards load --url http://localhost:5601 --user elastic --password -
    """
    from wirewatch.cli.progress import Progress
    from wirewatch.kibana.api import kibana
    from wirewatch.kibana.loading import plan
    from wirewatch.kibana.objects import tag_id

    if password == "-":  # noqa: S105  # no password, the sign for "ask me"
        password = click.prompt("Password", hide_input=True)
    settings = _given(url=url, user=user, password=password, api_key=api_key, space=space)
    objects = _objects(settings)
    with Progress() as progress, kibana(settings) as there:
        progress.doing(f"waiting for Kibana at {there.address}")
        there.wait(wait_s, progress.reached)
        progress.doing("looking at what it has")
        steps = plan(objects, there.there(objects), force=force)
        progress.doing(f"sending {sum(step.send for step in steps)} objects")
        for over in (False, True):
            some = [step.saved for step in steps if step.send and over is (step.state != "new")]
            there.send(some, tag_id(settings.name_prefix), over=over)
    if as_json:
        print_json(
            [
                {"type": s.saved.type, "id": s.saved.id, "title": s.saved.title, "state": s.state, "sent": s.send}
                for s in steps
            ]
        )
        return
    _show(steps, force)
    click.echo(f"{there.address}/app/dashboards")


@dashboards.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the dashboards to FILE, for Kibana's own page of saved objects, or for somebody else's Kibana.

    \b
    wirewatch dashboards export wirewatch.ndjson
    """
    from wirewatch.kibana.objects import tag_id
    from wirewatch.kibana.saved import ndjson
    from wirewatch.settings import load_settings

    settings = load_settings()
    prefix = settings.name_prefix
    objects = _objects(settings)
    file.write_bytes(ndjson(objects, tag_id(prefix)))
    click.echo(f"{file}: {len(objects)} saved objects; Kibana takes them under Stack Management, Saved Objects, Import")


def _given(**options: str | None) -> Settings:
    """The settings, with what the options say instead."""
    import msgspec

    from wirewatch.settings import load_settings

    names = {"url": "kibana"}
    said = {names.get(name, f"kibana_{name}"): value for name, value in options.items() if value}
    return msgspec.structs.replace(load_settings(), **said)


def _objects(settings: Settings) -> tuple[SavedObject, ...]:
    """All of this line, with the names of its own knowledge too."""
    from wirewatch.cli.known import known
    from wirewatch.kibana.objects import saved_objects

    names = {actor.id: actor.name for actor in known(settings)}
    return saved_objects(settings.name_prefix, settings.disputed, names)


def _show(steps: list[Step], force: bool) -> None:
    for step in steps:
        says = "edited in Kibana, overwritten" if step.state == "edited" and force else SAYS[step.state]
        if step.state != "same" or step.saved.type == "dashboard":
            click.echo(f"{step.saved.type:<14} {step.saved.title:<40} {says}")
    same = sum(step.state == "same" for step in steps)
    click.echo(f"{sum(step.send for step in steps)} of {len(steps)} objects sent, {same} were the same")
    if not force and any(step.state == "edited" for step in steps):
        click.echo("what was edited stays as it is; --force overwrites it")
