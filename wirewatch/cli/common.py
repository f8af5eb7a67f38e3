"""What several commands share: settings, servers, output as JSON, a stop on SIGTERM."""

from __future__ import annotations

import getpass
import logging
import os
import re
import signal
import sys
from datetime import timedelta
from threading import Event
from types import FrameType
from typing import Any

import click
import msgspec

from wirewatch.errors import NoServers, UserMistake
from wirewatch.settings import Settings, load_settings

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def duration(_context: click.Context, option: click.Parameter, value: str | None) -> timedelta | None:
    """A length of time as it is typed: 90m, 24h, 7d, 2w; raises UserMistake for anything else."""
    if value is None:
        return None
    said = re.fullmatch(r"\s*(\d{1,6})\s*([mhdw])\s*", value, re.I | re.A)
    if said is None:
        raise UserMistake(f"{option.opts[0]} {value}: no length of time; write 90m, 24h, 7d or 2w")
    return timedelta(**{_UNITS[said[2].lower()]: int(said[1])})


def settings_with_servers() -> Settings:
    """The settings with the addresses of servers that run: your own, or those of `wirewatch up`.

    Raises NoServers where there are none.
    """
    from wirewatch.embedded import find_servers

    settings = load_settings()
    found = find_servers(settings)
    if found is not None:
        return found
    if settings.kafka or settings.elasticsearch:  # one of yours, which is enough for a command that needs only that
        return settings
    raise NoServers


def login_name() -> str:
    """The name under which the user is logged in here."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"user {os.getuid()}"


def print_json(value: Any) -> None:
    """``value`` as indented JSON on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def configure_logging(settings: Settings, **always: str) -> None:
    """Log lines of wirewatch to standard error, of libraries warnings only; each line carries ``always``.

    What a line is about (article, run, feed ...) comes in the ``extra`` of its call, and stands as fields behind the
    text, or in the JSON object of ``WIREWATCH_LOG_FORMAT=json``.
    """
    import structlog

    structlog.contextvars.bind_contextvars(**always)
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Plain tracebacks: the other kinds show the values of variables, and some are secrets.
    rendered: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if settings.log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in ("wirewatch", "producers", "consumers"):
        logging.getLogger(package).setLevel(settings.log_level.upper())


def stop_on_signals() -> Event:
    """An event that SIGTERM and Ctrl-C set, so that work in hand is brought to a clean end; a second one kills."""
    stop = Event()

    def set_stop(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop
