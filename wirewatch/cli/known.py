"""Actors by what a user types: an id, or any of their names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wirewatch.errors import UserMistake
from wirewatch.settings import Settings
from wirewatch.text import folded_words

if TYPE_CHECKING:
    from wirewatch.knowledge.model import Actor, Knowledge


def knowledge_of(settings: Settings) -> Knowledge:
    """What is known: what comes with wirewatch, and the user's own."""
    from wirewatch.knowledge import load_knowledge, own_folder

    return load_knowledge(own_folder(settings), cache_dir=Path(settings.cache_dir))


def known(settings: Settings) -> tuple[Actor, ...]:
    """All actors: those that come with wirewatch and the user's own."""
    return knowledge_of(settings).actors


def named(among: Sequence[Actor], wanted: str) -> Actor:
    """The one actor with this id or name, whatever its case and accents; UserMistake where none or several have it."""
    for actor in among:
        if actor.id == wanted:
            return actor
    folded = folded_words(wanted)
    found = [actor for actor in among if any(folded_words(name) == folded for name in all_names(actor))]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserMistake(f"{wanted!r} may be {' or '.join(actor.id for actor in found)}: give the id")
    raise UserMistake(f"no actor {wanted!r} is known{like(among, wanted)}; `wirewatch actors list` shows them all")


def like(among: Sequence[Actor], wanted: str) -> str:
    """The words "did you mean" with the ids of actors whose id or name looks like ``wanted``; empty without any."""
    spelt = {" ".join(folded_words(name)): actor.id for actor in among for name in (actor.id, *all_names(actor))}
    near = difflib.get_close_matches(" ".join(folded_words(wanted)), spelt, n=5, cutoff=0.6)
    ids = list(dict.fromkeys(spelt[name] for name in near))[:3]
    return f"; did you mean {' or '.join(ids)}?" if ids else ""


def all_names(actor: Actor) -> tuple[str, ...]:
    """Every name of an actor, conditional and foreign ones too."""
    abroad = (name for names in actor.names.values() for name in names)
    return (actor.name, *actor.aliases, *(alias.name for alias in actor.conditional), *abroad)
