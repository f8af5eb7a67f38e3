"""Folders for a server that must not run as root: where it can get at them, and nothing of them is left over.

Elasticsearch refuses root, so root starts it as ``nobody``, who cannot enter a home folder that is closed to others.
Its data then live under a shared folder, and a link in the data folder leads there.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from pathlib import Path

from wirewatch.errors import ServerNotStarted

SHARED = Path("/var/lib/wirewatch")
LINK = "link"


def unprivileged_user() -> int | None:
    """Whom to run as instead of us when we are root; None when we are somebody else anyway."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return 65534


def reachable(path: Path) -> bool:
    """Whether a user without rights of any kind gets there and may read it."""
    path = path.resolve()
    try:
        above = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
        return above and bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def shared_folder(candidates: tuple[Path, ...] | None = None) -> Path:
    """A folder of root's that everybody may enter; the first that can be made."""
    for folder in candidates or (SHARED, Path(tempfile.gettempdir()) / "wirewatch-servers"):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            about = folder.lstat()
            # In the temporary folder somebody else may have been here first.
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & stat.S_IWOTH:
                folder.chmod(0o755)
                if reachable(folder):
                    return folder
    raise ServerNotStarted(
        f"Elasticsearch cannot run as root, and no folder was found that another user may enter ({SHARED}); "
        "run as another user"
    )


def enterable_folder(link: Path, user: int | None, shared: Path | None = None) -> Path:
    """The folder at ``link``, made when missing, that ``user`` can enter and owns.

    For another user than ourselves it lies under the shared folder and ``link`` leads there; a link that is gone means
    a new folder, and the old one is removed.
    """
    if user is None:
        link.mkdir(parents=True, exist_ok=True)
        return link
    shared = shared or shared_folder()
    prune(shared)
    if link.is_symlink() and link.is_dir():
        return link.resolve()
    if link.is_dir() and reachable(link):
        return link
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        _remove_if_empty(link)
    folder = shared / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder)
    # Written last: a folder without this file is one that is being made, and not pruned.
    (folder / LINK).write_text(str(link.absolute()), encoding="utf-8")
    os.chown(folder, user, -1)
    return folder


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        raise ServerNotStarted(
            f"{folder} holds data that Elasticsearch cannot reach when root starts it; start wirewatch as the user "
            "who made it, or set WIREWATCH_DATA_DIR to another folder"
        ) from None


def prune(shared: Path) -> None:
    """Remove the folders whose link is gone."""
    for note in shared.glob(f"*/{LINK}"):
        folder = note.parent
        with contextlib.suppress(OSError):
            link = Path(note.read_text(encoding="utf-8"))
            if not (link.is_symlink() and link.resolve() == folder.resolve()):
                shutil.rmtree(folder, ignore_errors=True)


def give(folder: Path, user: int | None) -> None:
    """Make that folder the user's, and what lies directly in it."""
    if user is None:
        return
    for path in (folder, *folder.iterdir()):
        os.chown(path, user, -1, follow_symlinks=False)
