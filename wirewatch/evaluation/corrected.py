"""The analysts' corrections as a gold set of their own: what the tagger says by itself at the corrected spots."""

from __future__ import annotations

from collections.abc import Iterable

from wirewatch.evaluation.errors import Error, sentence_of
from wirewatch.evaluation.gold import Span
from wirewatch.evaluation.scores import CORRECTIONS, Tallies, share
from wirewatch.models import Article, Correction, Tags
from wirewatch.tagging.corrections import spot_of
from wirewatch.tagging.sentences import sentences


def score_corrections(article: Article, tags: Tags, corrections: Iterable[Correction]) -> tuple[Tallies, list[Error]]:
    """How many corrected spots of one article ``tags`` have right without being told, in all and by layer.

    What an edit has taken out of the article is not counted.
    """
    right: dict[str, list[bool]] = {}
    wrong: list[Error] = []
    for correction in corrections:
        spot = spot_of(article, correction)
        if spot is None:
            continue
        said = _said(tags, correction, *spot)
        hit = said == ({correction.should_be} if correction.should_be else set())
        for measure in (CORRECTIONS, f"{CORRECTIONS} {correction.layer}"):
            right.setdefault(measure, []).append(hit)
        if not hit:
            wrong.append(_error(article, correction, spot, said))
    return {measure: share(sum(hits), len(hits)) for measure, hits in right.items()}, wrong


def _said(tags: Tags, correction: Correction, start: int, end: int) -> set[str | None]:
    return {
        mention.entity_id
        for mention in tags.mentions
        if mention.field == correction.field
        and mention.start < end
        and mention.end > start
        and (mention.type == "place") == (correction.layer == "place")
    }


def _error(article: Article, correction: Correction, spot: tuple[int, int], said: set[str | None]) -> Error:
    content = article.title if correction.field == "title" else article.text
    return Error(
        "correction",
        article.id,
        correction.name,
        sentence_of(content, sentences(content), Span(*spot, correction.name)),
        said=", ".join(sorted(id_ or "a place in no list" for id_ in said)),
        instead_of=correction.should_be or f"no {correction.layer}",
    )
