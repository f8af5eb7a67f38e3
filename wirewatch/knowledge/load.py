"""From actor files to knowledge: read, merged with the user's own, governments derived, checked, cached."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from wirewatch.errors import KnowledgeError
from wirewatch.knowledge.check import problems
from wirewatch.knowledge.governments import derived_governments, with_government
from wirewatch.knowledge.model import Actor, Country, Knowledge
from wirewatch.settings import Settings
from wirewatch.text import digest

T = TypeVar("T", Actor, Country)

OWN_FOLDER = "knowledge"
"""Where a user's own actor files are in the data folder, when no other folder is set."""


class ActorFile(NamedTuple):
    """A file as it was found: its name, its content, and whether it is the user's own."""

    name: str
    content: bytes
    own: bool


class Entries(msgspec.Struct, forbid_unknown_fields=True):
    """The tables a file may hold."""

    actor: list[dict[str, Any]] = []
    country: list[dict[str, Any]] = []


class Reading(NamedTuple):
    """What the files say together, and what is wrong with it."""

    actors: tuple[Actor, ...]
    countries: tuple[Country, ...]
    problems: list[KnowledgeError]


def own_folder(settings: Settings) -> Path | None:
    """The user's own folder of actor files: the one that is set, else ``knowledge`` in the data folder, if any."""
    if settings.knowledge:
        return Path(settings.knowledge)
    folder = Path(settings.data_dir) / OWN_FOLDER
    return folder if folder.is_dir() else None


def state_of(own: Path | None) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the files in ``own``: quickly asked, and another when one of them has changed."""
    if own is None or not own.is_dir():
        return ()
    files = sorted(own.glob("*.toml"))
    return tuple((file.name, stat.st_mtime_ns, stat.st_size) for file in files if (stat := _stat(file)))


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:  # taken away just now
        return None


def load_knowledge(own: Path | None = None, *, cache_dir: Path | None = None) -> Knowledge:
    """The actors and countries that come with wirewatch, with those of the folder ``own`` added, all checked.

    In ``own`` an actor (a country) with an id (a code) that is known replaces the fields it gives. With ``cache_dir``
    what was read is kept there under a hash of all files, which makes the next load several times faster. Raises
    KnowledgeError for the first thing that does not hold.
    """
    found = read_files(own)
    cached = cache_dir / f"knowledge-{_fingerprint(found)}.msgpack" if cache_dir else None
    if cached and (known := _from_cache(cached)):
        return known
    reading = read(found)
    if reading.problems:
        raise reading.problems[0]
    known = Knowledge(reading.actors, reading.countries, version=_version(reading))
    if cached:
        _to_cache(cached, known)
    return known


def check(own: Path | None = None) -> list[str]:
    """Every problem of the shipped files and of the folder ``own``, one line each, in the order of the files."""
    return [str(problem) for problem in read(read_files(own)).problems]


def check_all(own: Path | None = None) -> int:
    """How many files hold together; KnowledgeError names the first problem where they do not, and counts the others."""
    files = read_files(own)
    problems = read(files).problems
    if problems:
        more = f" (and {len(problems) - 1} more; `wirewatch actors check` lists them)" if problems[1:] else ""
        raise KnowledgeError(problems[0].where, problems[0].why + more)
    return len(files)


def read_files(own: Path | None = None) -> list[ActorFile]:
    """The shipped actor files and those of ``own``, each folder by name; KnowledgeError if that is no folder."""
    found = list(_toml_files(package_files("wirewatch.knowledge") / "files", own=False))
    if own is not None:
        if not own.is_dir():
            raise KnowledgeError(str(own), "is not a folder; create it, or correct WIREWATCH_KNOWLEDGE")
        found += _toml_files(own, own=True)
    return found


def _toml_files(folder: Traversable, *, own: bool) -> Iterator[ActorFile]:
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield ActorFile(str(file) if own else file.name, file.read_bytes(), own)


def read(found: Sequence[ActorFile]) -> Reading:
    """What ``found`` says together; a broken file or entry is left out and is among the problems."""
    wrong: list[KnowledgeError] = []
    actors = _Merged("id", wrong)
    countries = _Merged("code", wrong)
    for file in found:
        entries = _parse(file, wrong)
        for actor in entries.actor:
            actors.add(actor, file)
        for country in entries.country:
            countries.add(country, file)
    lands = countries.convert(Country)
    people = actors.convert(Actor)
    people += _not_yet(people, derived_governments(lands), wrong)
    lands = [with_government(land) for land in lands]
    wrong += problems(people, lands, actors.files | countries.files)
    return Reading(tuple(people), tuple(lands), wrong)


def _parse(file: ActorFile, wrong: list[KnowledgeError]) -> Entries:
    try:
        return msgspec.convert(tomllib.loads(file.content.decode()), Entries)
    except UnicodeDecodeError:
        wrong.append(KnowledgeError(file.name, "is not UTF-8; save it as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        wrong.append(KnowledgeError(file.name, f"is not TOML: {error}; correct it there"))
    except msgspec.ValidationError as error:
        wrong.append(KnowledgeError(file.name, f"{error}; a file holds [[actor]] and [[country]] and nothing else"))
    return Entries()


class _Merged:
    """Entries by key: a shipped key is given once, the user's own replaces the fields it gives."""

    def __init__(self, key: str, wrong: list[KnowledgeError]) -> None:
        self.key = key
        self.wrong = wrong
        self.entries: dict[str, dict[str, Any]] = {}
        self.files: dict[str, str] = {}
        self._given: set[tuple[bool, str]] = set()
        self._line = re.compile(rf"\s*{key}\s*=\s*[\"']([^\"']*)[\"']")
        self._lines: dict[str, dict[str, int]] = {}

    def add(self, entry: dict[str, Any], file: ActorFile) -> None:
        name = entry.get(self.key)
        if not isinstance(name, str) or not name:
            self.wrong.append(KnowledgeError(file.name, f'an entry has no {self.key}; add {self.key} = "..."'))
        elif (file.own, name) in self._given:
            first = self.files[name]
            self.wrong.append(KnowledgeError(f"{file.name}, {name}", f"is also given in {first}; keep one of them"))
        else:
            self._given.add((file.own, name))
            self.entries[name] = self.entries.get(name, {}) | entry
            self.files[name] = self._place(name, file)

    def _place(self, name: str, file: ActorFile) -> str:
        """The file, with the line on which the entry says who it is."""
        lines = self._lines.get(file.name)
        if lines is None:
            text = file.content.decode()
            found = ((number, self._line.match(line)) for number, line in enumerate(text.splitlines(), 1))
            lines = self._lines[file.name] = {match[1]: number for number, match in found if match}
        return f"{file.name}:{lines[name]}" if name in lines else file.name

    def convert(self, kind: type[T]) -> list[T]:
        converted = []
        for name, entry in self.entries.items():
            try:
                converted.append(msgspec.convert(entry, kind))
            except msgspec.ValidationError as error:
                where = f"{self.files[name]}, {name}"
                self.wrong.append(KnowledgeError(where, f"{error}; correct it to the schema of knowledge/model.py"))
        return converted


def _not_yet(people: list[Actor], derived: list[Actor], wrong: list[KnowledgeError]) -> list[Actor]:
    taken = {actor.id for actor in people}
    for actor in derived:
        if actor.id in taken:
            why = f'is derived from the country; to replace it write government = "{actor.id}" in the country'
            wrong.append(KnowledgeError(actor.id, why))
    return [actor for actor in derived if actor.id not in taken]


def _version(reading: Reading) -> str:
    return digest(msgspec.json.encode((reading.actors, reading.countries)).decode())


def _fingerprint(found: Sequence[ActorFile]) -> str:
    """Of the files and of the code that reads them, so that a cache never outlives either."""
    code = sorted((f.name, f.read_text()) for f in package_files("wirewatch.knowledge").iterdir() if f.is_file())
    parts = [part for name, text in code for part in (name, text)]
    return digest(*parts, *(part for file in found for part in (file.name, file.content.decode("utf-8", "replace"))))


def _from_cache(cached: Path) -> Knowledge | None:
    try:
        return msgspec.msgpack.decode(cached.read_bytes(), type=Knowledge)
    except (OSError, msgspec.DecodeError):  # missing or cut short: the files say it all again
        return None


def _to_cache(cached: Path, known: Knowledge) -> None:
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cached.parent, delete=False) as file:
        file.write(msgspec.msgpack.encode(known))
    Path(file.name).replace(cached)  # whole or not at all, whoever else is loading
