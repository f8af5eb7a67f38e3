"""The user's own actor file: an entry added or changed as a careful person would, everything else left as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from wirewatch.errors import KnowledgeError
from wirewatch.knowledge.load import ActorFile, read, read_files

FILE = "actors.toml"
HEAD = """\
# Your own actors: what stands here adds to those that come with wirewatch. For an id that is known there, a field
# given here replaces that field. `wirewatch actors check` says whether all of it holds together.
"""

_MANY = frozenset({"aliases", "conditional", "offices", "countries"})


def file_of(folder: Path, actor_id: str) -> Path:
    """The file of ``folder`` in which this actor stands, or would be put."""
    for file in sorted(folder.glob("*.toml")):
        try:
            entries = tomlkit.parse(file.read_text(encoding="utf-8")).get("actor", [])
        except (TOMLKitError, UnicodeDecodeError):
            continue
        if any(entry.get("id") == actor_id for entry in entries):
            return file
    return folder / FILE


def with_actor(text: str, fields: Mapping[str, Any]) -> str:
    """``text`` with this actor in it: the entry of its id with these fields replaced, or a new one at the end.

    Comments, order and all other entries stay as they are. Raises KnowledgeError where ``text`` is no TOML.
    """
    try:
        document = tomlkit.parse(text or HEAD)
    except TOMLKitError as error:
        raise KnowledgeError(FILE, f"is not TOML: {error}; correct it there") from None
    entries = document.setdefault("actor", tomlkit.aot())
    for entry in entries:
        if entry.get("id") == fields["id"]:
            break
    else:
        entry = tomlkit.table()
        entries.append(entry)
    for name, value in fields.items():
        entry[name] = _readable(name, value)
    return tomlkit.dumps(document)


def problems_with(folder: Path, file: Path, text: str) -> list[KnowledgeError]:
    """What would not hold together if ``file`` of ``folder`` read ``text``."""
    others = [one for one in read_files(folder if folder.is_dir() else None) if one.name != str(file)]
    return read([*others, ActorFile(str(file), text.encode(), own=True)]).problems


def write_whole(file: Path, text: str) -> None:
    """Put ``text`` into ``file`` whole or not at all, for taggers may be reading it; the folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8", delete=False) as fresh:
        fresh.write(text)
    written = Path(fresh.name)
    written.chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
    written.replace(file)


def _readable(name: str, value: Any) -> Any:
    """Lists over several lines where one would be long, tables within them on one line each."""
    if name not in _MANY:
        return value
    array = tomlkit.array()
    for one in value:
        if isinstance(one, Mapping):
            table = tomlkit.inline_table()
            table.update(one)
            array.append(table)
        else:
            array.append(one)
    return array.multiline(multiline=name in ("conditional", "offices") or sum(map(len, map(str, value))) > 90)
