"""Finding a JDK that is new enough: the usual places first, then one that ``cjdk`` brings."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from wirewatch.embedded.reach import reachable
from wirewatch.errors import ServerNotStarted

FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/lib64/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/jdk*",
    "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "/usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "~/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
    "~/.asdf/installs/java/*",
)
NEEDED_MODULES = frozenset({"jdk.jlink", "jdk.jdi", "jdk.attach", "jdk.management.agent"})
"""What Elasticsearch loads and trimmed runtimes leave out."""


class Jdk(msgspec.Struct, frozen=True):
    """A Java home and its feature version (21 for 21.0.4)."""

    home: Path
    version: int

    @property
    def java(self) -> str:
        """The program to run."""
        return str(self.home / "bin" / "java")


def read_jdk(home: Path) -> Jdk | None:
    """The JDK in that folder by its own ``release`` file; None for something else or a trimmed runtime."""
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    version = re.search(r'^JAVA_VERSION="?(?:1\.)?(\d+)', release, re.MULTILINE)
    modules = re.search(r'^MODULES="?([^"\n]*)', release, re.MULTILINE)
    if version is None or not os.access(home / "bin" / "java", os.X_OK):
        return None
    if modules is not None and not set(modules[1].split()) >= NEEDED_MODULES:
        return None
    return Jdk(home.resolve(), int(version[1]))


def homes(environ: Mapping[str, str], folders: Iterable[str] = FOLDERS) -> Iterator[Path]:
    """Every folder worth a look, the user's own wish first."""
    if environ.get("JAVA_HOME"):
        yield Path(environ["JAVA_HOME"])
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path is not None:
        yield Path(on_path).resolve().parent.parent
    for pattern in folders:
        pattern = pattern.replace("~", environ.get("HOME", "/nonexistent"), 1)
        root = Path(pattern.split("*", 1)[0]).parent if "*" in pattern else Path(pattern).parent
        # Newest first, whatever the folders are called.
        found = [jdk for home in root.glob(str(Path(pattern).relative_to(root))) if (jdk := read_jdk(home))]
        yield from (jdk.home for jdk in sorted(found, key=lambda jdk: -jdk.version))


def find_jdk(
    minimum: int, environ: Mapping[str, str], *, user: int | None = None, folders: Iterable[str] = FOLDERS
) -> Jdk | None:
    """The first JDK that is new enough and that ``user`` can run, or None."""
    for home in homes(environ, folders):
        jdk = read_jdk(home)
        if jdk is not None and jdk.version >= minimum and (user is None or reachable(jdk.home / "bin" / "java")):
            return jdk
    return None


def bring_jdk(minimum: int, folder: Path) -> Jdk:
    """A JDK fetched into ``folder``; ServerNotStarted says what to install when that fails."""
    import cjdk  # takes a while to import and is rarely needed

    try:
        jdk = read_jdk(Path(cjdk.java_home(vendor="adoptium", version=f"{minimum}+", cache_dir=folder, progress=False)))
        why = "what was fetched is not complete"
    except (cjdk.CjdkError, OSError) as error:
        jdk, why = None, " ".join(str(error).split())
    if jdk is None:
        raise ServerNotStarted(
            f"Java {minimum} or newer is needed and was neither found nor fetched ({why}); install a JDK "
            f"(such as `apt install openjdk-{minimum}-jdk-headless`, `brew install openjdk`) or set JAVA_HOME"
        )
    return jdk
