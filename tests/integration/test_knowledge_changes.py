"""Knowledge changes while the line works: taggers follow it, and old beside new loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from consumers import clusterer, indexer, tagger
from consumers.tagger import CurrentTagger
from producers import retag
from tests.builders import NOW, article, numbered
from tests.e2e.line import at_work, documents, prepare, publish, wait_until
from wirewatch.models import TaggedArticle
from wirewatch.search.client import asking
from wirewatch.search.indices import alias_of, refresh
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.admin import lag
from wirewatch.stream.compacted import read_table
from wirewatch.topics import ARTICLES_TAGGED

HERONS = '[[actor]]\nid = "grey-heron-front"\nname = "Grey Heron Front"\nkind = "armed_group"\n'
ABOUT_HERONS = article("Grey Heron Front enters Homs")


@pytest.fixture
def line(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a user's own folder of actor files, empty at first."""
    own = tmp_path / "own"
    own.mkdir()
    return msgspec.structs.replace(settings, knowledge=str(own), ner="off")


def write(settings: Settings, text: str) -> None:
    (Path(settings.knowledge or "") / "mine.toml").write_text(text, encoding="utf-8")


def actors(current: CurrentTagger) -> set[str]:
    return {actor.id for actor in current().tag(ABOUT_HERONS, now=NOW).tags.actors}


def test_a_tagger_knows_an_actor_from_the_batch_after_it_was_written(line: Settings) -> None:
    current = CurrentTagger(line)
    assert "grey-heron-front" not in actors(current)
    before = current()
    assert current() is before
    write(line, HERONS)
    assert "grey-heron-front" in actors(current)


def test_a_file_that_does_not_hold_together_changes_nothing_and_is_logged(
    line: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    write(line, HERONS)
    current = CurrentTagger(line)
    write(line, HERONS + 'parent = "nobody"\n')
    assert "grey-heron-front" in actors(current)
    assert 'parent "nobody" is no actor' in caplog.text
    write(line, "# nothing any more\n")
    assert "grey-heron-front" not in actors(current)


def test_the_folder_that_actors_add_makes_is_followed_too(settings: Settings) -> None:
    current = CurrentTagger(msgspec.structs.replace(settings, ner="off"))
    folder = Path(settings.data_dir) / "knowledge"
    folder.mkdir(parents=True)
    (folder / "actors.toml").write_text(HERONS, encoding="utf-8")
    assert "grey-heron-front" in actors(current)


@contextmanager
def tagging(*settings: Settings) -> Iterator[None]:
    """A tagger at work for each of ``settings``."""
    with ExitStack() as stack:
        for one in settings:
            stack.enter_context(at_work(one, tagger))
        yield


def to_the_index(settings: Settings) -> None:
    wait_until(lambda: not lag(settings)["tagger"] + lag(settings)["tagger-bulk"], 60, what="all is tagged")
    clusterer.run(settings, Until.END)
    indexer.run(settings, Until.END)
    refresh(settings)


def knowledge_of(settings: Settings) -> dict[str, str]:
    """The version of the knowledge that each stored article was tagged with."""
    with asking(settings) as es:
        hits = es.search(index=alias_of(settings, "news-articles"), size=1_000, source=["kb_version"])["hits"]["hits"]
    return {hit["_id"]: hit["_source"]["kb_version"] for hit in hits}


def tagged_last(settings: Settings) -> dict[str, str]:
    """The version of the knowledge with which each article was tagged last, by the clock of its tagger."""
    last: dict[str, TaggedArticle] = {}
    for _, one in read_table(settings, ARTICLES_TAGGED):
        assert one is not None
        if one.article.id not in last or last[one.article.id].tagged_at <= one.tagged_at:
            last[one.article.id] = one
    return {key: one.kb_version for key, one in last.items()}


def test_a_tagger_of_new_knowledge_beside_one_of_old_loses_and_doubles_nothing(line: Settings, tmp_path: Path) -> None:
    prepare(line)
    old, new = line, msgspec.structs.replace(line, knowledge=str(tmp_path / "new"))
    (tmp_path / "new").mkdir()
    write(new, HERONS)
    coming = iter(numbered(1_000))
    articles = list(islice(coming, 200))

    def publish_more() -> None:
        """More and more articles, for a tagger alone in its group takes all there are."""
        articles.extend(more := list(islice(coming, 40)))
        publish(line, more)

    with tagging(old, new):
        publish(line, articles)
        wait_until(lambda: len(set(tagged_last(line).values())) == 2, 60, meanwhile=publish_more, what="both tag")
        to_the_index(line)
        first = documents(line)
        assert first.keys() == {one.id for one in articles}
        assert knowledge_of(line) == tagged_last(line)

        assert retag.run(new, everything=True).sent == len(articles)
        to_the_index(line)
    assert documents(line) == first
    assert knowledge_of(line) == tagged_last(line)

    newest = CurrentTagger(new)().kb_version
    behind = sum(version != newest for version in knowledge_of(line).values())
    with tagging(new):
        assert retag.run(new).sent == behind > 0
        to_the_index(line)
    assert documents(line) == first
    assert set(knowledge_of(line).values()) == {newest}
