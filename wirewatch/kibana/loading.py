"""What is to be sent to a Kibana, decided from what is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from wirewatch.kibana.saved import Found, SavedObject

State = Literal["new", "changed", "same", "edited"]
"""edited: somebody saved it in Kibana's pages since it was loaded, or it is not wirewatch's at all."""


class Step(msgspec.Struct, frozen=True):
    """One object: how it stands to what Kibana has, and whether it is to be sent."""

    saved: SavedObject
    state: State
    send: bool


def plan(objects: Iterable[SavedObject], there: Mapping[tuple[str, str], Found], *, force: bool) -> list[Step]:
    """A step for each object; ``there`` is what Kibana has, by type and id.

    What a user has edited is sent only with ``force``; with it everything is.
    """
    steps = []
    for saved in objects:
        state = _state(saved, there.get((saved.type, saved.id)))
        steps.append(Step(saved, state, force or state in ("new", "changed")))
    return steps


def _state(saved: SavedObject, found: Found | None) -> State:
    if found is None:
        return "new"
    if not found.untouched:
        return "edited"
    return "same" if found.mark == saved.mark else "changed"
