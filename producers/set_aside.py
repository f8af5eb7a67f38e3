"""Records for ``news-runs`` that came while Elasticsearch was away: files in the data folder until it is back."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec

from wirewatch.search.records import Record, keep_record, told_record
from wirewatch.settings import Settings
from wirewatch.text import digest

FOLDER = "set-aside"

log = logging.getLogger(__name__)


def set_aside(settings: Settings, record: Record, why: Exception) -> None:
    """Keep a record until `bring_in`, whole or not at all; where even that cannot be, the log says so."""
    file = _file(settings, record)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.encode(record))
        part.replace(file)
        log.warning("%s; the record goes to news-runs when it answers again, and waits in %s", why, file)
    except OSError as error:
        log.error("%s; the record cannot wait in %s (%s) and is lost: %s", why, file, error, record.says)


def aside(settings: Settings) -> list[Record]:
    """What was set aside, oldest first."""
    found = []
    for file in (Path(settings.data_dir) / FOLDER).glob("*.json"):
        try:
            found.append(msgspec.json.decode(file.read_bytes(), type=Record))
        except (OSError, msgspec.DecodeError):  # another was quicker, or it is of another version
            continue
    return sorted(found, key=lambda record: record.began_at)


def bring_in(settings: Settings) -> int:
    """Put what was set aside into ``news-runs``; how many. Raises ServerError where Elasticsearch is still away.

    Of a failure that was told meanwhile the row counts as told.
    """
    records = aside(settings)
    for record in records:
        keep_record(settings, record, again=True)
        if record.kind == "failure" and record.channel:
            keep_record(settings, told_record(settings, record, record.channel))
        _file(settings, record).unlink(missing_ok=True)
    return len(records)


def _file(settings: Settings, record: Record) -> Path:
    return Path(settings.data_dir) / FOLDER / f"{digest('record', record.id)}.json"
