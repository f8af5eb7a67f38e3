"""Whether the consumers behind keep up, so that old material never stands in the way of a live article."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kafka import KafkaAdminClient

from wirewatch.settings import Settings
from wirewatch.stream.admin import connected, members_of, positions_of
from wirewatch.stream.connection import as_our_errors

ROOM = 60
"""Messages that may wait for one of the consumers behind: less than a second's work of an indexer."""

LOOK_EVERY_S = 0.2


class Downstream:
    """The consumer groups behind a consumer, and whether they have room for more.

    A group without a process at work is not waited for: nothing passes through it, live or old.
    """

    def __init__(self, settings: Settings, groups: Sequence[str]) -> None:
        self._settings, self._groups = settings, groups
        self._client: KafkaAdminClient | None = None
        self._room, self._looked_at = True, 0.0

    def has_room(self) -> bool:
        """Whether none of the groups has more than ROOM messages to take, as of a moment ago.

        Raises Unavailable and Refused.
        """
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            try:
                with as_our_errors(self._settings):
                    self._room = self._longest() <= ROOM
            except BaseException:
                self.close()
                raise
            self._looked_at = now
        return self._room

    def close(self) -> None:
        """Leave Kafka; another question connects again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _longest(self) -> int:
        """Messages that wait for the group that is furthest behind."""
        client = self._client = self._client or connected(self._settings)
        at_work = [group for group, there in members_of(client, self._settings, self._groups).items() if there]
        if not at_work:
            return 0
        found = positions_of(client, self._settings, at_work)
        return max(sum(at.end - at.done for at in of_group.values()) for of_group in found.values())
