"""What the operations channel was told, kept in the data folder: a pulse that is started again says nothing twice."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from wirewatch.pulse.trouble import Told
from wirewatch.settings import Settings

FILE = "pulse.json"


def last_told(settings: Settings) -> Told:
    """What was kept last; nothing where nothing was."""
    try:
        return msgspec.json.decode((Path(settings.data_dir) / FILE).read_bytes(), type=Told)
    except (OSError, msgspec.DecodeError):
        return Told()


def keep_told(settings: Settings, told: Told) -> None:
    """Keep it, whole or not at all."""
    file = Path(settings.data_dir) / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{FILE}.{os.getpid()}")
    part.write_bytes(msgspec.json.encode(told))
    part.replace(file)
