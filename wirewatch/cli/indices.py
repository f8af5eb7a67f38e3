"""`wirewatch indices`: what the news is kept in."""

from __future__ import annotations

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake

SAID = {
    "same": "",
    "fields": "fields are missing: `wirewatch indices make`",
    "other": "another mapping: `wirewatch indices upgrade`",
    "newer": "made by a newer wirewatch",
}
"""What is said of an index by how today's mapping differs from its own."""


@click.group()
def indices() -> None:
    """The indices of Elasticsearch: what is in them, make those that are missing, copy them into new ones."""


@indices.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Show each alias, the index behind it, how many documents it holds, and how large it is.

    \b
    wirewatch indices list --json
    """
    import msgspec

    from wirewatch.search.indices import held

    found = held(settings_with_servers())
    if as_json:
        print_json([msgspec.structs.asdict(one) for one in found])
        return
    for one in found:
        size = f"{one.documents:>12,} documents  {one.bytes / 1e6:>10,.1f} MB  {SAID[one.change]}"
        click.echo(f"{one.alias:<24} {one.index:<32} {size}".rstrip())
    if not found:
        click.echo("there is none yet; `wirewatch indices make` makes them")


@indices.command()
def make() -> None:
    """Make the indices that are missing, and add the fields that are new; what is there stays.

    Consumers do it by themselves where they may: this is for those whose user in Elasticsearch may not.

    \b
    wirewatch indices make
    """
    from wirewatch.search.indices import MAPPINGS, ensure_indices

    ensure_indices(settings_with_servers())
    click.echo(f"{len(MAPPINGS)} indices are there")


@indices.command()
@click.argument("aliases", nargs=-1)
@click.option("--keep", is_flag=True, help="Keep the old index, which nobody writes any more.")
def upgrade(aliases: tuple[str, ...], keep: bool) -> None:
    """Copy indices into new ones with today's mapping, while everything runs and can be found.

    Without ALIASES those whose mapping cannot stay as it is; an index that is as it should be is copied where it is
    named. At the end writing waits for a moment. A run that was broken off is begun anew by the next.

    \b
    wirewatch indices upgrade
    wirewatch indices upgrade news-articles --keep
    """
    from wirewatch.cli.progress import Progress
    from wirewatch.search.indices import MAPPINGS, alias_of, ensure_indices, held
    from wirewatch.search.upgrade import upgrade as copied

    settings = settings_with_servers()
    unknown = [alias for alias in aliases if alias not in MAPPINGS]
    if unknown:
        raise UserMistake(f"there is no alias {unknown[0]}; there are {', '.join(MAPPINGS)}")
    wanted = {alias_of(settings, name): name for name in aliases or MAPPINGS}
    found = [one for one in held(settings) if one.alias in wanted and (aliases or one.change == "other")]
    with Progress() as progress:
        for one in found:
            progress.doing(f"copying {one.index}")
            done = copied(
                settings,
                wanted[one.alias],
                keep=keep,
                reached=lambda _alias, copies, in_all: progress.reached(f"{copies:,} of {in_all:,} documents"),
            )
            progress.say(
                f"{done.alias} leads to {done.now}: {done.documents:,} documents, "
                f"writing was held back for {done.held_back_s:.1f} s"
            )
    ensure_indices(settings)
    if not found:
        click.echo("no index needs it")
