"""Saved objects: as they stand in a file that Kibana imports, with the mark by which an edit is known later.

Kibana keeps with each object when it was made and when it was changed. What was imported and never touched has both at
the same moment; an object saved in Kibana's pages has not, or has lost the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from wirewatch.text import digest

MARK = "wirewatch-"
"""A reference of this name says what content wirewatch gave an object; it points to wirewatch's tag."""

VERSIONS = {"index-pattern": "8.0.0", "dashboard": "8.9.0", "search": "8.0.0", "tag": "8.0.0", "visualization": "8.5.0"}
"""The form of each type that Kibana 8.12 reads, and every later one; a newer one is refused."""

CORE_VERSION = "8.8.0"


class Reference(msgspec.Struct, frozen=True):
    """That an object needs another, which it calls ``name``."""

    name: str
    type: str
    id: str


class SavedObject(msgspec.Struct, frozen=True):
    """One object: its place (``type`` and ``id``), what it holds, what it refers to."""

    type: str
    id: str
    attributes: dict[str, Any]
    references: tuple[Reference, ...] = ()

    @property
    def title(self) -> str:
        """What Kibana's pages call it."""
        return str(self.attributes.get("name") or self.attributes["title"])

    @property
    def mark(self) -> str:
        """What stands for its content."""
        held = msgspec.json.encode([self.attributes, [msgspec.structs.astuple(one) for one in self.references]])
        return digest("saved object", held.decode())[:16]


class Found(msgspec.Struct, frozen=True):
    """An object that is in Kibana: the mark of what wirewatch gave it (None: it has none); whether it is as given."""

    mark: str | None
    untouched: bool


def document(saved: SavedObject, tag: str) -> dict[str, Any]:
    """The object as a line of a file for import, marked; ``tag`` is the id of wirewatch's tag."""
    marked = Reference(MARK + saved.mark, "tag", tag)
    return {
        "id": saved.id,
        "type": saved.type,
        "attributes": saved.attributes,
        "references": [msgspec.to_builtins(one) for one in (*saved.references, marked)],
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": VERSIONS[saved.type],
        "managed": False,
    }


def ndjson(objects: Iterable[SavedObject], tag: str) -> bytes:
    """A file for import: a line each, the same for the same objects."""
    return b"".join(msgspec.json.encode(document(one, tag)) + b"\n" for one in objects)


def found(line: Mapping[str, Any]) -> Found:
    """What is to be known of an exported object."""
    names = [str(one.get("name", "")) for one in line.get("references", ()) if one.get("type") == "tag"]
    mark = next((name.removeprefix(MARK) for name in names if name.startswith(MARK)), None)
    return Found(mark, mark is not None and line.get("created_at") == line.get("updated_at"))
