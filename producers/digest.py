"""The daily digest: written as a file, and told to the channel that the settings name, once a day."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from wirewatch.errors import SettingsError
from wirewatch.notify import read_channels, send_to
from wirewatch.page.digest import digest, message_of
from wirewatch.page.report import render
from wirewatch.search.indices import ensure_indices
from wirewatch.search.records import Record, get_record, keep_record
from wirewatch.settings import Settings

FOLDER = "digests"
KEPT = 60
"""Files that stay; older ones go."""

log = logging.getLogger(__name__)


class Written(msgspec.Struct, frozen=True):
    """Where the digest is, the channel that was told by this call, and what it says in one line."""

    file: str
    told: str | None
    says: str


def run(settings: Settings, *, now: datetime) -> Written:
    """Write the digest of the 24 hours before ``now`` as an HTML file, and tell the channel ``digest`` of the settings.

    On one day (of the settings' time zone) it is told once, however often it is written. It is noted after it was
    told, so one that dies in between is told again, under the same id. A channel that was not made yet is no failure:
    ``says`` tells how to make it. Raises ServerError, NotSent and SettingsError.
    """
    ensure_indices(settings)
    here = now.astimezone(_zone(settings))
    found = digest(settings, now=here)
    more = [part for part in found.parts if part[0] in ("New actors", "Feeds that cannot be read")]
    file = _keep(settings, f"{found.day}.html", render(settings, now=now, more=more))
    name = f"digest-{found.day}"
    if settings.digest is None or get_record(settings, name) is not None:
        return Written(str(file), None, found.says)
    if settings.digest not in read_channels(settings):
        hint = f"told to nobody: `wirewatch alerts channel add {settings.digest} URL` makes the channel"
        log.warning(hint)
        return Written(str(file), None, f"{found.says}; {hint}")
    send_to(settings, settings.digest, message_of(found, where=f"All of it: {file}"))
    keep_record(settings, Record(name, "digest", now, says=found.says, channel=settings.digest, state="told"))
    return Written(str(file), settings.digest, found.says)


def _zone(settings: Settings) -> ZoneInfo:
    try:
        return ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"timezone {settings.timezone!r} is none; write one such as Europe/Paris") from None


def _keep(settings: Settings, name: str, text: str) -> Path:
    """The file, whole or not at all, beside the last ones."""
    folder = Path(settings.data_dir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.{os.getpid()}"
    part.write_text(text, encoding="utf-8")
    part.replace(folder / name)
    for old in sorted(folder.glob("*.html"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return folder / name
