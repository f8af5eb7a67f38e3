"""The servers' own files by their Maven coordinates: fetched once, checked, kept in the cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from wirewatch.embedded.progress import Step
from wirewatch.errors import ServerNotStarted

TIMEOUT_S = 30
CHUNK = 1 << 16
MARKER = "whole.json"
TRIES = 3
PINNED = {
    # Not every mirror publishes a checksum for this one.
    "elasticsearch-9.5.3.zip": "bec49f3b8d00e75c8d1cec85c35298635ec9fbd3ae80ef5aeb6bc05abdb3db2d",
}
"""Checksums (SHA-256) that hold whatever a repository says."""


class Stored(msgspec.Struct, frozen=True):
    """One file of a finished set, by its path below the folder of the marker."""

    path: str
    size: int


def is_whole(marker: Path) -> bool:
    """Whether a set was finished and each of its files is still there in its full size."""
    try:
        files = msgspec.json.decode(marker.read_bytes(), type=list[Stored])
        return bool(files) and all((marker.parent / file.path).stat().st_size == file.size for file in files)
    except (OSError, msgspec.DecodeError):
        return False


def mark_whole(marker: Path, files: Sequence[Path]) -> None:
    """Note that these files are a finished set."""
    stored = [Stored(str(file.relative_to(marker.parent)), file.stat().st_size) for file in files]
    part = marker.with_name(marker.name + ".part")
    part.write_bytes(msgspec.json.encode(stored))
    part.replace(marker)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch_jars(name: str, coordinates: Sequence[str], cache: Path, step: Step) -> list[Path]:
    """The jars of these coordinates and all they need, in a stable order; fetched where they are not in the cache."""
    repository = cache / "maven"
    marker = repository / f"{name}.json"
    with locked(cache / f"{name}.lock"):
        if not is_whole(marker):
            with _explained(name):
                mark_whole(marker, _resolve(repository, coordinates, step))
    return sorted(repository / file.path for file in msgspec.json.decode(marker.read_bytes(), type=list[Stored]))


def fetch_unpacked(name: str, coordinate: str, cache: Path, target: Path, step: Step) -> Path:
    """The folder in ``target`` with the content of a zip of that coordinate, below its own top folder."""
    with locked(target / f"{name}.lock"):
        folder = target / name
        if not is_whole(folder / MARKER):
            with _explained(name):
                packed = _fetch_zip(cache / "maven", coordinate, step)
                step.now("unpacking")
                _unpack(packed, folder)
    return folder


def _resolve(repository: Path, coordinates: Sequence[str], step: Step) -> list[Path]:
    context = _context(repository, step)
    step.now("looking up its files")
    inputs, needed = context.resolver.resolve([context.create_dependency(name) for name in coordinates])
    artifacts = [dependency.artifact for dependency in (*inputs, *needed)]
    step.now("fetching")
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(_checked, artifacts))


def _fetch_zip(repository: Path, coordinate: str, step: Step) -> Path:
    group, name, version = coordinate.split(":")
    step.now("fetching")
    context = _context(repository, step)
    with locked(repository.parent / f"{name}-zip.lock"):
        return _checked(context.project(group, name).at_version(version).artifact("", "zip"))


def _checked(artifact: Any) -> Path:
    """The artifact's file; one that does not match its checksum is fetched again."""
    path: Path = artifact.cached_path
    if path.exists() and not _matches(path):
        path.unlink()
    return Path(artifact.resolve())


def _matches(path: Path) -> bool:
    try:
        algorithm, expected = _note(path).read_text(encoding="ascii").split()
        return _digest(path, algorithm) == expected
    except (OSError, ValueError):
        return False


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _note(path: Path) -> Path:
    """Where the checksum of a stored file is kept."""
    return path.with_name(path.name + ".checksum")


def _context(repository: Path, step: Step) -> Any:
    """jgo with a resolver of ours: a file gets its name only when it is whole, and goes on where it was cut."""
    from jgo.maven import MavenContext, PythonResolver  # takes 0.3 s to import, and only a first start needs it

    class WholeFiles(PythonResolver):
        def download(self, artifact: Any) -> Path:
            target: Path = artifact.cached_path
            target.parent.mkdir(parents=True, exist_ok=True)
            where = f"{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
            for address in artifact.context.remote_repos.values():
                if _download(f"{address}/{where}", target, step):
                    return target
            raise RuntimeError(f"{artifact} is in no repository, or has no checksum there")

    return MavenContext(resolver=WholeFiles(), repo_cache=repository, timeout=TIMEOUT_S)


def _expected(http: Any, url: str, name: str) -> tuple[str, str] | None:
    """Algorithm and checksum of a file: ours where it is pinned, else the published one; None where there is none."""
    if name in PINNED:
        return "sha256", PINNED[name]
    answer = http.get(f"{url}.sha1", timeout=TIMEOUT_S)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return "sha1", answer.text.split()[0].lower()


def _download(url: str, target: Path, step: Step) -> bool:
    """Fetch ``url`` to ``target``, going on with what an earlier try left; False where no checksum vouches for it."""
    from jgo.util import http

    expected = _expected(http, url, target.name)
    if expected is None:
        return False
    part = target.with_name(target.name + ".part")
    for attempt in range(TRIES):
        try:
            _stream(http, url, part, step)
        except OSError:  # a connection that broke; the next try goes on behind what came
            if attempt == TRIES - 1:
                raise
            continue
        if _digest(part, expected[0]) == expected[1]:
            _note(target).write_text(" ".join(expected), encoding="ascii")
            part.replace(target)
            return True
        part.unlink()
    raise RuntimeError(f"{target.name} does not match its checksum, {TRIES} times in a row")


def _stream(http: Any, url: str, part: Path, step: Step) -> None:
    have = part.stat().st_size if part.exists() else 0
    asked = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {"Accept-Encoding": "identity"}
    with http.get(url, stream=True, timeout=TIMEOUT_S, headers=asked) as answer:
        if answer.status_code == 416:  # nothing is missing, or what we have is not its beginning: the hash will tell
            return
        answer.raise_for_status()
        goes_on = answer.status_code == 206
        step.expect(int(answer.headers.get("content-length", 0)))
        with part.open("ab" if goes_on else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                step.advance(len(chunk))


def _unpack(packed: Path, folder: Path) -> None:
    """Unpack to a name of its own, then rename: a folder that is there is whole."""
    part = folder.with_name(folder.name + ".part")
    for leftover in (part, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(part)
    tops = list(part.iterdir())
    top = tops[0] if len(tops) == 1 else part
    for path in (top, *top.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # for a user who is not the one that unpacks
    mark_whole(top / MARKER, [path for path in sorted(top.rglob("*")) if path.is_file()])
    top.replace(folder)
    shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:
        why = " ".join(str(error).split())[:300]
        raise ServerNotStarted(
            f"the files of {name} could not be fetched ({why}); what has come is kept, "
            "the same command goes on from there; or use servers of your own (WIREWATCH_KAFKA, WIREWATCH_ELASTICSEARCH)"
        ) from None
