"""What two copies of one text have in common."""

from __future__ import annotations

from wirewatch.models import Article
from wirewatch.text import digest, folded_words

ENOUGH_WORDS = 20
"""A text with fewer words ("Photo gallery") says too little by itself; its title counts with it."""


def signature(article: Article) -> str:
    """The same for articles whose words are the same, whatever their headline, case, accents and punctuation."""
    words = folded_words(article.text)
    if len(words) < ENOUGH_WORDS:
        words = [*folded_words(article.title), "/", *words]
    return digest(" ".join(words))
