"""Which files a path means, and the records of each file, one after the other."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from producers.reading import formats
from producers.reading.decode import Decoded, NotText, decode, wide
from producers.reading.draft import Draft, Given, Record, record
from wirewatch.errors import UnreadableInput, UserMistake

FILE_LIMIT = 20_000_000
"""Bytes of a file that is read as a whole, and of one line of a .jsonl; the .jsonl itself may have any size."""

Format = Literal["text", "markdown", "html", "json", "jsonl"]
ENDINGS: dict[str, Format] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
STDIN = "-"


class Input(msgspec.Struct, frozen=True):
    """A file to read: ``format`` None is guessed from its content, ``size`` in bytes, 0 where unknown."""

    path: str
    format: Format | None
    size: int = 0


class Found(msgspec.Struct, frozen=True):
    """The files that some paths mean, and what was left out of their folders."""

    inputs: tuple[Input, ...]
    notes: tuple[str, ...] = ()


def find_inputs(paths: Sequence[str]) -> Found:
    """The files of ``paths``: each itself, a folder's files in the order of their names, hidden ones left out.

    Raises UserMistake for a path that does not exist or a folder with nothing to read.
    """
    inputs: list[Input] = []
    notes: list[str] = []
    for path in paths:
        if path == STDIN:
            inputs.append(Input(STDIN, None))
        elif Path(path).is_dir():
            found = _of_folder(Path(path))
            inputs += found.inputs
            notes += found.notes
        elif Path(path).exists():
            inputs.append(_named(Path(path)))
        else:
            raise UnreadableInput(path, "there is no such file or folder")
    if not inputs:
        where = ", ".join(paths) or "no path given"
        raise UserMistake(f"{where}: nothing to read; an article is a file ending {', '.join(ENDINGS)}")
    return Found(tuple(inputs), tuple(notes))


def matching(pattern: str) -> list[str]:
    """The paths that ``pattern`` means: itself, or what its ``*``, ``?`` and ``**`` stand for.

    Raises UserMistake where nothing matches.
    """
    if Path(pattern).exists() or not any(mark in pattern for mark in "*?["):
        return [pattern]
    root = Path(Path(pattern).anchor or ".")
    found = sorted(str(path) for path in root.glob(str(Path(pattern).relative_to(Path(pattern).anchor))))
    if not found:
        raise UserMistake(f"{pattern}: nothing matches")
    return found


def _named(path: Path) -> Input:
    """A file that was asked for by its name: without an ending its format is guessed."""
    ending = path.suffix.lower()
    if ending and ending not in ENDINGS:
        raise UnreadableInput(
            str(path), f"ending {ending} is none of {', '.join(ENDINGS)}; rename it or pipe it to `-`"
        )
    return Input(str(path), ENDINGS.get(ending), _size(path))


def _of_folder(folder: Path) -> Found:
    inputs: list[Input] = []
    unknown: Counter[str] = Counter()
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if name.startswith(".") or not path.is_file():
                continue
            if path.suffix.lower() in ENDINGS:
                inputs.append(Input(str(path), ENDINGS[path.suffix.lower()], _size(path)))
            else:
                unknown[path.suffix.lower() or "no ending"] += 1
    inputs.sort(key=lambda found: Path(found.path).parts)
    return Found(tuple(inputs), tuple(f"{folder}: {n} × {ending} left out" for ending, n in sorted(unknown.items())))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read_input(found: Input, given: Given, stdin: BinaryIO | None = None) -> Iterator[Record | UnreadableInput]:
    """The records of one file in their order; what cannot be read is yielded as its error, and reading goes on."""
    try:
        if found.path == STDIN:
            if stdin is None:
                raise UnreadableInput(STDIN, "there is no standard input to read")
            yield from _guessed(stdin, "standard input", STDIN, given)
            return
        with Path(found.path).open("rb") as file:
            if found.format is None:
                yield from _guessed(file, found.path, found.path, given)
            elif found.format == "jsonl":
                yield from _lines(_split(file), found.path, found.path, given)
            else:
                yield from _whole(found.format, _all(file, b"", found.path, found.size), found.path, found.path, given)
    except UnreadableInput as error:
        yield error
    except OSError as error:
        yield UnreadableInput(found.path, f"cannot be read: {error.strerror or error}")


def _all(file: BinaryIO, head: bytes, where: str, size: int = 0) -> bytes:
    """Everything in ``file`` after ``head``, which was read already; refused when too large, without reading it all."""
    data = head if size > FILE_LIMIT else head + file.read(FILE_LIMIT + 1)
    if size > FILE_LIMIT or len(data) > FILE_LIMIT:
        megabytes = f"{size / 1e6:.0f} MB" if size else f"more than {FILE_LIMIT / 1e6:.0f} MB"
        raise UnreadableInput(
            where,
            f"is {megabytes}, the limit is {FILE_LIMIT / 1e6:.0f} MB for one file; "
            "many articles belong into a .jsonl, which has no limit",
        )
    if not data.strip():
        raise UnreadableInput(where, "is empty")
    return data


def _text(data: bytes, where: str, declared: str | None = None) -> Decoded:
    try:
        return decode(data, declared)
    except NotText as error:
        raise UnreadableInput(where, str(error)) from None


def _whole(kind: Format, data: bytes, where: str, path: str, given: Given) -> Iterator[Record | UnreadableInput]:
    """The records of a file that is read at once."""
    decoded = _text(data, where, formats.charset(data) if kind == "html" else None)
    for draft in _drafts(kind, decoded.text, where):
        if isinstance(draft, UnreadableInput):
            yield draft
            continue
        read = record(draft, where, path, given, position=len(data))
        yield _noted(read, decoded.note)


def _drafts(kind: Format, text: str, where: str) -> Iterator[Draft | UnreadableInput]:
    match kind:
        case "text":
            yield formats.plain(text)
        case "markdown":
            yield formats.markdown(text, where)
        case "html":
            yield formats.html(text, where)
        case _:
            yield from formats.json_records(text, where)


def _noted(read: Record, note: str | None) -> Record:
    return msgspec.structs.replace(read, notes=(note, *read.notes)) if note else read


def _split(file: BinaryIO) -> Iterator[bytes]:
    """The lines of ``file``; one over the limit comes cut just above it, its rest is passed over."""
    while line := file.readline(FILE_LIMIT + 1):
        yield line
        rest = line
        while len(rest) > FILE_LIMIT and not rest.endswith(b"\n"):
            rest = file.readline(FILE_LIMIT + 1)


def _lines(lines: Iterable[bytes], where: str, path: str, given: Given) -> Iterator[Record | UnreadableInput]:
    """The records of JSON lines; a broken line is yielded as an error that names its number."""
    position, empty = 0, True
    for number, line in enumerate(lines, 1):
        position += len(line)
        if number == 1 and wide(line):
            raise UnreadableInput(where, "is UTF-16 or UTF-32; JSON lines are read as UTF-8, save it so")
        if not line.strip():
            continue
        empty = False
        try:
            yield _line(line, f"{where}, line {number}", path, given, position)
        except UnreadableInput as error:
            yield error
    if empty:
        raise UnreadableInput(where, "is empty")


def _line(line: bytes, where: str, path: str, given: Given, position: int) -> Record:
    if len(line) > FILE_LIMIT:
        raise UnreadableInput(where, f"is longer than the limit of {FILE_LIMIT / 1e6:.0f} MB for one article")
    decoded = _text(line, where)
    draft = formats.json_draft(formats.loads(decoded.text, where), where)
    return _noted(record(draft, where, path, given, position), decoded.note)


def _guessed(file: BinaryIO, where: str, path: str, given: Given) -> Iterator[Record | UnreadableInput]:
    """The records of something without a name: JSON lines (not held in memory), JSON, HTML, Markdown, or text."""
    first = b""
    while not first.strip() and (line := file.readline(FILE_LIMIT + 1)):
        first += line
    if _is_object(first):
        yield from _lines(chain(first.splitlines(keepends=True), _split(file)), where, path, given)
        return
    data = _all(file, first, where)
    if wide(data):
        data = _text(data, where).text.encode()
    kind = _kind(data.lstrip(b"\xef\xbb\xbf \t\r\n"))
    if kind == "jsonl":
        yield from _lines(_split(io.BytesIO(data)), where, path, given)
    else:
        yield from _whole(kind, data, where, path, given)


def _kind(data: bytes) -> Format:
    head = data[:200].lower()
    if head.startswith(b"["):
        return "json" if head[1:].lstrip().startswith((b"{", b"]")) else "text"
    if head.startswith(b"{"):
        return "jsonl" if b"\n{" in data and not _is_object(data) else "json"
    if head.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "html"
    return "markdown" if head.startswith((b"---\n", b"---\r\n", b"# ")) else "text"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(formats.loads(decode(line).text, ""), dict)
    except (NotText, UnreadableInput):
        return False
