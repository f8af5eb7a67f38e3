"""`wirewatch alerts channel`: where alerts go, by name; the addresses are secrets and are never shown."""

from __future__ import annotations

import click

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import UserMistake
from wirewatch.settings import load_settings


@click.group()
def channel() -> None:
    """Where alerts go: mail, webhooks and what else Apprise knows, each under a name that rules use.

    \b
    wirewatch alerts channel add ops mailto://user:password@example.org
    wirewatch alerts channel test ops
    """


@channel.command()
@click.argument("name")
@click.argument("url", required=False)
def add(name: str, url: str | None) -> None:
    """Keep the address URL under NAME; without URL it is asked for, so that no history of your shell holds it.

    \b
    wirewatch alerts channel add ops mailto://user:password@example.org
    """
    from wirewatch.notify import add_channel, hidden

    address = url or click.prompt("Address", hide_input=True)
    added = add_channel(load_settings(), name, address)
    click.echo(f"{name}: {hidden(added.url)}; `wirewatch alerts channel test {name}` sends something")


@channel.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the channels: name, service and host.

    \b
    wirewatch alerts channel list
    """
    from wirewatch.notify import hidden, read_channels

    found = {name: hidden(each.url) for name, each in read_channels(load_settings()).items()}
    if as_json:
        print_json([{"name": name, "address": address} for name, address in found.items()])
    elif not found:
        click.echo("there is no channel; `wirewatch alerts channel add ops URL` makes one")
    for name, address in () if as_json else found.items():
        click.echo(f"{name:<16} {address}")


@channel.command()
@click.argument("name")
def test(name: str) -> None:
    """Send a message to channel NAME; exit code 1 when it was not taken.

    \b
    wirewatch alerts channel test ops
    """
    from wirewatch.alerts.message import Message
    from wirewatch.notify import read_channels, send

    known = read_channels(load_settings())
    if name not in known:
        raise UserMistake(f"there is no channel {name}; `wirewatch alerts channel list` shows those that are")
    line = f"This is wirewatch, trying the channel {name}."
    send(known[name], Message("wirewatch-test", "wirewatch: a test", line, line, f"<p>{line}</p>"))
    click.echo(f"{name} took it")


@channel.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget channel NAME and its address.

    \b
    wirewatch alerts channel remove ops
    """
    from wirewatch.notify import remove_channel

    remove_channel(load_settings(), name)
    click.echo(f"{name} is forgotten")
