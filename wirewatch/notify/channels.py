"""The channels by name, each an Apprise URL, which holds passwords: in one file that nobody else can read."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import apprise
import msgspec

from wirewatch.errors import UserMistake
from wirewatch.settings import Settings

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Channel(msgspec.Struct, frozen=True):
    """A channel: the name that rules use, and the Apprise URL, which is a secret."""

    name: str
    url: str

    def __repr__(self) -> str:
        return f"Channel({self.name!r}, {hidden(self.url)!r})"


def channels_file(settings: Settings) -> Path:
    """The file of the channels: ``channels`` of the settings, else ``channels.json`` in the data folder."""
    return Path(settings.channels) if settings.channels else Path(settings.data_dir) / "channels.json"


def read_channels(settings: Settings) -> dict[str, Channel]:
    """All channels by name; UserMistake where the file cannot be read or others can read it."""
    file = channels_file(settings)
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise UserMistake(f"{file}: others can read it, and it holds passwords; run: chmod 600 {file}")
            found = msgspec.json.decode(opened.read(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        raise UserMistake(f"{file}: the channels cannot be read ({error})") from None
    return {name: Channel(name, url) for name, url in sorted(found.items())}


def add_channel(settings: Settings, name: str, url: str) -> Channel:
    """Keep a channel under ``name``, in place of one of that name; UserMistake for a name or a URL that cannot be."""
    if not NAME.fullmatch(name):
        raise UserMistake(f"channel {name!r}: a name is of small letters, digits, - and _, such as ops")
    if apprise.Apprise.instantiate(url) is None:
        scheme = url.partition("://")[0]
        raise UserMistake(
            f"channel {name}: not an address that Apprise understands ({scheme}://...); "
            "such as mailto://user:password@example.org or json://host/path"
        )
    with _changing(settings) as urls:
        urls[name] = url
    return Channel(name, url)


def remove_channel(settings: Settings, name: str) -> None:
    """Forget a channel; UserMistake where there is none of that name."""
    with _changing(settings) as urls:
        if urls.pop(name, None) is None:
            raise UserMistake(f"there is no channel {name}; `wirewatch alerts channel list` shows those that are")


def hidden(url: str) -> str:
    """The service and the host of an address, and nothing of what may be secret in it: user, password, path, token."""
    made = apprise.Apprise.instantiate(url)
    host = getattr(made, "host", None)
    return f"{url.partition('://')[0]}://{host or ''}..."


@contextlib.contextmanager
def _changing(settings: Settings) -> Iterator[dict[str, str]]:
    """The URLs by name, written back at the end: whole or not at all, and one change after the other."""
    file = channels_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        urls = {name: channel.url for name, channel in read_channels(settings).items()}
        yield urls
        part = file.with_name(f"{file.name}.new")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            json.dump(urls, opened, indent=2, sort_keys=True)
        part.replace(file)
