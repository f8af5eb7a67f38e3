"""What all views ask: one connection to Elasticsearch, the names of things, and how the line is."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from wirewatch.alerts.names import places_called
from wirewatch.errors import UserMistake
from wirewatch.knowledge import load_knowledge, own_folder
from wirewatch.page.filters import Filters
from wirewatch.page.names import Names
from wirewatch.page.pulse import Watched
from wirewatch.search.client import connect
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer_cache import load_gazetteer

KNOWLEDGE_EVERY_S = 60.0


class Desk:
    """Opened once for all views; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        cache = Path(settings.cache_dir)
        self.settings, self.zone = settings, settings.zone
        self.es = connect(settings)
        self.watched = Watched(settings)
        self._gazetteer = load_gazetteer(cache, disputed=settings.disputed)
        self._names = Names(lambda: load_knowledge(own_folder(settings), cache_dir=cache), self._gazetteer)
        self._fresh_until = time.monotonic() + KNOWLEDGE_EVERY_S

    @property
    def names(self) -> Names:
        """The names as the actor files have them since a minute at most."""
        if time.monotonic() > self._fresh_until:
            self._fresh_until = time.monotonic() + KNOWLEDGE_EVERY_S
            self._names.refresh()
        return self._names

    def resolved(self, filters: Filters) -> Filters:
        """The filters with ids for what was typed as a name; raises UserMistake for a place that is not known."""
        return msgspec.structs.replace(
            filters,
            actor=self.names.actor_called(filters.actor) if filters.actor else None,
            country=self.names.country_called(filters.country) if filters.country else None,
            place=self._place_called(filters.place) if filters.place else None,
        )

    def close(self) -> None:
        """Look no more, and let go of the connection."""
        self.watched.stop()
        self.es.close()

    def _place_called(self, wanted: str) -> str:
        if self.names.place(wanted) is not None:
            return wanted
        found = places_called(self._gazetteer, wanted)
        if not found:
            raise UserMistake(f"no place {wanted!r} is known; try another spelling, or its GeoNames id")
        return found[0].id
