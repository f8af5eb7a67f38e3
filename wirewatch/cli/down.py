"""`wirewatch down`: stop what `wirewatch up` started."""

from __future__ import annotations

import contextlib
import os
import signal

import click

from wirewatch.settings import load_settings

GRACE_S = 40.0


@click.command()
def down() -> None:
    """Stop what `wirewatch up` keeps running here; the data stays.

    \b
    wirewatch down
    """
    import psutil

    from wirewatch.embedded import clear_state, read_state

    settings = load_settings()
    state = read_state(settings.data_dir)
    if state is None:
        click.echo("nothing is up here")
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(state.pid)
        os.kill(state.pid, signal.SIGTERM)
        try:
            process.wait(GRACE_S)
        except psutil.TimeoutExpired:
            process.kill()  # its children die with it
            process.wait(5)
            click.echo("it did not stop by itself within 40 s and was killed")
    clear_state(settings.data_dir)
    click.echo("down; the data stays")
