"""Actors and places of an article: data in, tags out."""

from __future__ import annotations

import os
from pathlib import Path

from wirewatch.knowledge import load_knowledge
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer_cache import load_gazetteer
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.sentences import sentences
from wirewatch.tagging.tagger import Tagger, tagger_version

TAGGER_VERSION = tagger_version()

__all__ = ["TAGGER_VERSION", "Tagger", "load_tagger", "sentences"]


def load_tagger(settings: Settings) -> Tagger:
    """A tagger for these settings; the gazetteer is built into ``cache_dir`` first where it is not there (20 s)."""
    # Before numpy is imported: on small matrices more threads of its BLAS only wait for each other, which makes the
    # model five times slower. Throughput comes from more taggers.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    cache_dir = Path(settings.cache_dir)
    knowledge = load_knowledge(Path(settings.knowledge) if settings.knowledge else None, cache_dir=cache_dir)
    return Tagger(load_gazetteer(cache_dir), Lexicon(knowledge), settings.ner)
