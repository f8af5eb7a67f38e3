"""`wirewatch page`: the live page alone."""

from __future__ import annotations

import click

from wirewatch.cli.common import configure_logging, settings_with_servers


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Listen on this port.  [default: 8090]")
@click.option(
    "--on",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Listen under this address; another only inside a container whose port is published on 127.0.0.1.",
)
def page(port: int | None, on: str) -> None:
    """Serve the live page on this machine until Ctrl-C; `wirewatch up` does it by itself.

    \b
    wirewatch page --port 8091
    """
    from wirewatch.page.server import port_of, serve, url_of

    settings = settings_with_servers()
    configure_logging(settings)
    port = port or port_of(settings)
    click.echo(f"the page is at {url_of(port)} until Ctrl-C")
    serve(settings, port, on=on)
