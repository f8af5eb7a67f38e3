"""What `wirewatch tag --wrong` does: keep an analyst's correction, and send its article through the line again."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path

import click
import msgspec

from wirewatch.cli.common import print_json, settings_with_servers
from wirewatch.errors import UserMistake
from wirewatch.models import ActorTag, Correction, Mention, Origin, PlaceTag
from wirewatch.settings import Settings


def correct(
    article_said: str, mention_said: str, should_be: str | None, *, by: str | None, now: datetime, as_json: bool
) -> None:
    """Keep the correction and send the article to be tagged anew, before old material but after what is live."""
    from wirewatch.search.corrections import article_named, store_corrections
    from wirewatch.search.documents import article_of_document
    from wirewatch.search.indices import ensure_indices
    from wirewatch.stream.admin import ensure_topics
    from wirewatch.stream.publisher import Publisher
    from wirewatch.tagging.corrections import corrections_of, spots_meant
    from wirewatch.topics import ARTICLES_BULK

    settings = settings_with_servers()
    document = article_named(settings, article_said)
    article = article_of_document(document)
    mentions = msgspec.convert(document.get("mentions", []), list[Mention])
    entity = entity_of(settings, should_be) if should_be else None
    spots = spots_meant(article, mentions, mention_said, entity)
    made = [one for spot in spots for one in corrections_of(article, spot, entity, by=by or _user(), now=now)]
    ensure_indices(settings)
    ensure_topics(settings)
    store_corrections(settings, made)
    with Publisher(settings) as publisher:
        publisher.publish(ARTICLES_BULK, article, origin=Origin.RETAG)
    if as_json:
        print_json(made)
    else:
        _say(article.title or article.id, made, should_be)


def entity_of(settings: Settings, said: str) -> ActorTag | PlaceTag:
    """The listed actor or the place of the gazetteer with this id; raises UserMistake where there is none."""
    from wirewatch.cli.known import known, like
    from wirewatch.tagging.gazetteer_cache import load_gazetteer
    from wirewatch.tagging.tagger import place_tag

    actors = known(settings)
    for actor in actors:
        if actor.id == said:
            return ActorTag(actor.id, actor.name, actor.kind, actor.countries)
    place = load_gazetteer(Path(settings.cache_dir), disputed=settings.disputed).with_id(said)
    if place is None:
        raise UserMistake(
            f"--should-be {said}: no actor and no place has this id{like(actors, said)}; `wirewatch actors show NAME` "
            "has the ids of actors, those of places are GeoNames'"
        )
    return place_tag(place, place.name, "place")


def _user() -> str:
    """The name of whoever is logged in; a container's user may have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "an analyst"


def _say(title: str, made: list[Correction], should_be: str | None) -> None:
    for one in made:
        what = one.should_be or "nothing" if one.should_be or not should_be else f"no {one.layer}"
        click.echo(f"{one.field} {one.start}: {one.name} is {what}, not {one.was or 'untagged'}")
    click.echo(f"kept; {title!r} is being tagged again")
