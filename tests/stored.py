"""An article and a story on their way into the index, and what became of them there."""

from __future__ import annotations

from typing import Any

from tests.builders import NOW, article, tagged, tags
from wirewatch.geo import Point
from wirewatch.models import Article, ClusteredArticle, Story
from wirewatch.search.articles import Outcome, write
from wirewatch.search.client import asking, connect
from wirewatch.search.documents import Write, article_write
from wirewatch.search.indices import alias_of, refresh
from wirewatch.settings import Settings

HOMS = Point(34.73, 36.71)
STORY = Story("s1", "Rebels enter Homs", "a1", NOW, NOW, 1, 2, ("Harbour Wire",), 1, geo=(HOMS,))


def clustered(of: Article | None = None, version: int = 1, **fields: Any) -> ClusteredArticle:
    return ClusteredArticle(tagged(of or article(), tags=tags(**fields)), STORY, version, NOW)


def as_write(of: Article | None = None, version: int = 1, **fields: Any) -> Write:
    return article_write(clustered(of, version, **fields), indexed_at=NOW)


def stored(settings: Settings, *writes: Write) -> Outcome:
    with connect(settings) as es:
        outcome = write(es, settings, writes)
    refresh(settings)
    return outcome


def kept(settings: Settings, of: Write) -> dict[str, Any]:
    with asking(settings) as es:
        source: dict[str, Any] = es.get(index=alias_of(settings, of.alias), id=of.id)["_source"]
        return source
