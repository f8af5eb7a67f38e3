"""`wirewatch indices`: what the news is kept in."""

from __future__ import annotations

import click

from wirewatch.cli.common import json_option, print_json, settings_with_servers


@click.group()
def indices() -> None:
    """The indices of Elasticsearch: what is in them, and make those that are missing."""


@indices.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Show each alias, the index behind it, how many documents it holds, and how large it is.

    \b
    wirewatch indices list --json
    """
    from wirewatch.search.indices import held

    found = held(settings_with_servers())
    if as_json:
        print_json([{"alias": one.alias, "index": one.index, "documents": one.documents, "bytes": one.bytes}
                    for one in found])  # fmt: skip
        return
    for one in found:
        click.echo(f"{one.alias:<24} {one.index:<32} {one.documents:>12,} documents  {one.bytes / 1e6:>10,.1f} MB")
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
