"""Actors and places of an article: data in, tags out."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from wirewatch.knowledge import load_knowledge, own_folder
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer_cache import load_gazetteer
from wirewatch.tagging.languages import Languages
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.ner import Ner
from wirewatch.tagging.sentences import sentences
from wirewatch.tagging.tagger import Tagger, tagger_version

TAGGER_VERSION = tagger_version()

__all__ = ["TAGGER_VERSION", "Tagger", "load_tagger", "sentences"]


_gazetteer = lru_cache(maxsize=1)(load_gazetteer)
_model = cache(Ner)
_lexicons: dict[str, Lexicon] = {}
"""The lexicon of the knowledge that was loaded last, by its version."""


def load_tagger(settings: Settings) -> Tagger:
    """A tagger for these settings; the gazetteer is built into ``cache_dir`` first where it is not there (20 s)."""
    cache_dir = Path(settings.cache_dir)
    # A user's knowledge may change at any time, so it is looked at again; the rest stays what it is in one process.
    knowledge = load_knowledge(own_folder(settings), cache_dir=cache_dir)
    lexicon = _lexicons.get(knowledge.version)
    if lexicon is None:
        _lexicons.clear()
        lexicon = _lexicons[knowledge.version] = Lexicon(knowledge)
    gazetteer = _gazetteer(cache_dir, disputed=settings.disputed)
    return Tagger(gazetteer, lexicon, Languages(gazetteer, lexicon, cache_dir), settings.ner, _model())
