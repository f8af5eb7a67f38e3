"""`wirewatch pulse`: a beat through the whole line, again and again, and who is told when it does not come through."""

from __future__ import annotations

from threading import Event

import click

from wirewatch.cli.common import configure_logging, json_option, print_json, settings_with_servers, stop_on_signals


@click.command()
@click.option(
    "--once", is_flag=True, help="Send one, say what is seen, tell nobody; exit code 1 when there is trouble."
)
@json_option
@click.pass_context
def pulse(ctx: click.Context, once: bool, as_json: bool) -> None:
    """Send a pulse through the whole line every minute and tell the operations channel when it does not come through.

    It also looks at lags, dead letters, channels that take nothing and feeds that fall silent. The channel is the one
    that WIREWATCH_OPERATIONS names; it is told directly, without Kafka and Elasticsearch, each trouble once and once
    more when it is over. `wirewatch up` keeps this running.

    \b
    wirewatch pulse --once
    WIREWATCH_OPERATIONS=ops wirewatch pulse
    """
    from producers.pulse import look, run
    from wirewatch.pulse.trouble import troubles

    settings = settings_with_servers()
    if not once:
        configure_logging(settings)
        run(settings, stop=stop_on_signals())
        return
    seen = look(settings, stop=Event())
    found = troubles(seen, settings)
    if as_json:
        print_json({"at": seen.at, "took_s": seen.took_s, "troubles": found})
    else:
        click.echo("no pulse came through" if seen.took_s is None else f"it came through in {seen.took_s:.1f} s")
        for line in found.values():
            click.echo(f"trouble: {line}")
    ctx.exit(1 if found else 0)
