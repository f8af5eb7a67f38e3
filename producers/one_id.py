"""The ids of articles, agreed on with all other feeds and producers before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from wirewatch.feeds.identity import Judged, renamed
from wirewatch.feeds.sites import agreed
from wirewatch.search.feeds import FeedStore, Remembered

_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC)


class Found(msgspec.Struct, frozen=True):
    """What one poll brought, and what its feed will remember of it."""

    judged: tuple[Judged, ...]
    remembered: Remembered


def with_agreed_ids(store: FeedStore, polls: Sequence[Found], *, now: datetime) -> list[Found]:
    """``polls`` with the ids that all agree on; from then on all names of their articles lead there.

    Where another producer writes down names of the same site at the same time, its names are read and it is tried
    again; one of them always gets on.
    """
    day = days(now)
    ids: list[dict[str, str]] = [{} for _ in polls]
    left = {site for poll in polls for site in _by_site(poll)}
    while left:
        sites = store.sites(sorted(left))
        for poll, of in zip(polls, ids, strict=True):
            present = {seen.id.hex() for seen in poll.remembered.memory.seen if seen.day == day}
            for site, named in _by_site(poll).items():
                if site in left:
                    found, memory = agreed(sites[site].memory, named, present, day=day)
                    sites[site] = msgspec.structs.replace(sites[site], memory=memory)
                    of |= {one.article.id: id_ for one, id_ in zip(named, found, strict=True)}
        left = store.save_sites(sites, now=now)
    return [_renamed(poll, of) for poll, of in zip(polls, ids, strict=True)]


def days(now: datetime) -> int:
    """Days since 1970."""
    return (now - _EPOCH_DAY).days


def _by_site(poll: Found) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for one in poll.judged:
        if one.on_site or one.site_guid:
            found.setdefault(one.site, []).append(one)
    return found


def _renamed(poll: Found, ids: dict[str, str]) -> Found:
    judged = tuple(
        msgspec.structs.replace(one, article=msgspec.structs.replace(one.article, id=ids[one.article.id]))
        if ids.get(one.article.id, one.article.id) != one.article.id
        else one
        for one in poll.judged
    )
    memory = renamed(poll.remembered.memory, ids)
    return Found(judged, msgspec.structs.replace(poll.remembered, memory=memory))
