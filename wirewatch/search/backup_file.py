"""The file of a backup: gzip, a JSON object a line; the first says what it is, each other one is a document.

{"wirewatch_backup":1,"made_at":"2026-11-25T20:00:00Z","made_by":"0.1.0"}
{"alias":"news-alerts","id":"3f09c1d2…","version":4,"document":{…}}
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from wirewatch.errors import UserMistake
from wirewatch.search.backup import KEPT, KeptDocument

FORMAT = 1
"""Goes up when a wirewatch of today would misread the file."""

_encode = msgspec.json.Encoder().encode


class Head(msgspec.Struct, frozen=True):
    """The first line: the format, when it was made, and by which version of wirewatch."""

    wirewatch_backup: int
    made_at: datetime
    made_by: str


def write_backup(file: Path, documents: Iterable[KeptDocument], *, now: datetime) -> int:
    """Write ``file`` whole or not at all, readable by its owner alone; how many documents are in it.

    Raises UserMistake where it cannot be written; a file of that name is then left as it was.
    """
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    count = 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=5) as lines:
                lines.write(_encode(Head(FORMAT, now, version("wirewatch"))) + b"\n")
                for document in documents:
                    lines.write(_encode(document) + b"\n")
                    count += 1
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    except OSError as error:
        raise UserMistake(f"{file}: it cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)
    return count


def check_backup(file: Path) -> int:
    """Read the file to its end, so that nothing is done by half; how many documents are in it.

    Raises UserMistake for what is no backup, is damaged, or was written by a newer wirewatch.
    """
    return sum(1 for _ in read_backup(file))


def read_backup(file: Path) -> Iterator[KeptDocument]:
    """The documents in the file, one after the other; raises UserMistake as `check_backup` does."""
    decoder = msgspec.json.Decoder(KeptDocument)
    number = 1
    try:
        with gzip.open(file, "rb") as lines:
            _read_head(file, lines.readline())
            for number, line in enumerate(lines, 2):
                document = decoder.decode(line)
                if document.alias not in KEPT:
                    raise UserMistake(f"{file}, line {number}: {document.alias} is nothing that a backup holds")
                yield document
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserMistake(f"{file}: it is damaged or no backup of wirewatch ({error}); take another") from None
    except msgspec.DecodeError as error:
        raise UserMistake(f"{file}, line {number}: it is damaged ({error}); take another backup") from None
    except OSError as error:
        raise UserMistake(f"{file}: it cannot be read ({error.strerror or error})") from None


def _read_head(file: Path, line: bytes) -> None:
    try:
        head = msgspec.json.decode(line)
        written = head["wirewatch_backup"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise UserMistake(f"{file}: it is no backup of wirewatch; `wirewatch backup FILE` makes one") from None
    if not isinstance(written, int) or written > FORMAT:
        by = head.get("made_by", "?")
        raise UserMistake(
            f"{file}: it has format {written}, written by wirewatch {by}; this one reads up to {FORMAT}: update it"
        )
