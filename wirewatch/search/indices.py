"""The indices: made once, behind aliases, each with the mapping of its file in mappings/."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any, Literal

import msgspec
from elasticsearch import BadRequestError, Elasticsearch

from wirewatch.errors import Refused
from wirewatch.models import TAKEN_DOWN
from wirewatch.search.client import SERVER, address, asking, reason
from wirewatch.search.documents import (
    ALERT_RULES,
    ALERTS,
    ARTICLES,
    CORRECTIONS,
    FEEDS,
    FEEDS_SEEN,
    METRICS,
    RUNS,
    STORIES,
)
from wirewatch.settings import Settings

MAPPINGS = {
    ARTICLES: "articles.json",
    STORIES: "stories.json",
    ALERTS: "alerts.json",
    ALERT_RULES: "alert_rules.json",
    CORRECTIONS: "corrections.json",
    METRICS: "metrics.json",
    FEEDS: "feeds.json",
    FEEDS_SEEN: "feeds_seen.json",
    RUNS: "runs.json",
}
"""Alias -> file of its mapping."""

SHOWN: dict[str, dict[str, Any]] = {ARTICLES: {"bool": {"must_not": {"term": {"content_hash": TAKEN_DOWN}}}}}
"""Alias -> what of its index is shown through it, where that is not all: the marks of taken down articles never are."""


Change = Literal["same", "fields", "other", "newer"]
"""What today's mapping is to that of an index: fields are missing there, or something of it cannot stay as it is."""


def alias_of(settings: Settings, name: str) -> str:
    """The alias ``name`` as this line calls it."""
    return settings.name_prefix + name


def mapping(name: str) -> dict[str, Any]:
    """The mapping of the documents behind alias ``name``, as Elasticsearch takes it."""
    text = files("wirewatch.search").joinpath("mappings", MAPPINGS[name]).read_bytes()
    return msgspec.json.decode(text, type=dict[str, Any])


def index_settings(settings: Settings) -> dict[str, Any]:
    """What an index is made with besides its mapping."""
    return {
        "number_of_shards": 1,
        "number_of_replicas": settings.elasticsearch_replicas,
        "refresh_interval": "1s",
    }


def ensure_indices(settings: Settings) -> None:
    """Makes the indices that are not there and adds new fields to those that are; doing it twice changes nothing.

    Where nothing is missing it only looks, so that a user who may not make indices can call it. Safe while others do
    the same. Raises Refused where an index holds another type for one of the fields, where a newer wirewatch made it,
    or where it stands under the alias's own name.
    """
    with asking(settings, timeout_s=max(30.0, settings.connect_timeout_s)) as es:
        there = _aliases(es, settings)
        missing = [name for name in MAPPINGS if alias_of(settings, name) not in there]
        # At the same time, because each waits for its shard: nine one after the other take four times as long.
        with ThreadPoolExecutor(len(MAPPINGS)) as threads:
            made = dict(zip(missing, threads.map(lambda name: _create(es, settings, name), missing), strict=True))
        _add_fields(es, settings, [name for name in MAPPINGS if not made.get(name)])
        for name, shown in SHOWN.items():
            for index, found in there.get(alias_of(settings, name), {}).items():
                if "filter" not in found:  # an index of before
                    writes = found.get("is_write_index")
                    es.indices.put_alias(
                        index=index, name=alias_of(settings, name), filter=shown, is_write_index=writes
                    )


def delete_indices(settings: Settings) -> None:
    """Deletes every index of this ``name_prefix`` with all that is in it; raises ValueError without a prefix."""
    if not settings.name_prefix:
        raise ValueError("indices without a name_prefix are somebody's news: they are never deleted by the program")
    with asking(settings, timeout_s=max(30.0, settings.connect_timeout_s)) as es:
        # By their names, one by one: Elasticsearch refuses to delete by wildcard.
        for index in es.indices.get(index=f"{settings.name_prefix}news-*", allow_no_indices=True):
            es.indices.delete(index=index, ignore_unavailable=True)


class Held(msgspec.Struct, frozen=True):
    """An index behind one of our aliases: how many documents it holds (those inside others too), and its size.

    ``change`` is what today's mapping is to its own.
    """

    alias: str
    index: str
    documents: int
    bytes: int
    change: Change


def held(settings: Settings) -> list[Held]:
    """Every index behind an alias of ours, by alias."""
    with asking(settings) as es:
        there = _aliases(es, settings)
        ours = {index: name for name in MAPPINGS for index in there.get(alias_of(settings, name), {})}
        if not ours:
            return []
        stats = es.indices.stats(index=list(ours), metric=["docs", "store"])["indices"]
        mappings = es.indices.get_mapping(index=list(ours))
    found = []
    for index, name in ours.items():
        size, change = stats[index]["primaries"], compared(mapping(name), mappings[index]["mappings"])
        documents, stored = size["docs"]["count"], size["store"]["size_in_bytes"]
        found.append(Held(alias_of(settings, name), index, documents, stored, change))
    return found


def refresh(settings: Settings) -> None:
    """Makes everything written so far searchable; nothing happens where there is no index yet."""
    with asking(settings) as es:
        es.indices.refresh(index=[alias_of(settings, name) for name in MAPPINGS], ignore_unavailable=True)


def count(settings: Settings, name: str = ARTICLES) -> int:
    """How many documents can be found behind alias ``name``; raises IndexMissing where there is none."""
    with asking(settings) as es:
        return int(es.count(index=alias_of(settings, name))["count"])


def _aliases(es: Elasticsearch, settings: Settings) -> dict[str, dict[str, dict[str, Any]]]:
    """What aliases of ours there are: of each, its indices and how it shows them."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for index, known in es.indices.get_alias(name=f"{settings.name_prefix}news-*").items():
        for alias, how in known["aliases"].items():
            found.setdefault(alias, {})[index] = how
    return found


def _create(es: Elasticsearch, settings: Settings, name: str) -> bool:
    """Makes the index behind alias ``name``, and says whether it was this call that made it."""
    alias, shown = alias_of(settings, name), SHOWN.get(name)
    try:
        es.indices.create(
            index=f"{alias}-000001",
            aliases={alias: {"is_write_index": True} | ({"filter": shown} if shown else {})},
            mappings=mapping(name),
            settings=index_settings(settings),
        )
    except BadRequestError as error:
        # Another process was faster; its index is as good as ours, unless it is of another version.
        if error.message != "resource_already_exists_exception":
            raise
        return False
    return True


def _add_fields(es: Elasticsearch, settings: Settings, names: Sequence[str]) -> None:
    if not names:
        return
    wanted = {alias_of(settings, name): mapping(name) for name in names}
    for index, found in es.indices.get(index=list(wanted), features="aliases,mappings").items():
        for alias in wanted.keys() & found["aliases"].keys():
            match compared(wanted[alias], found["mappings"]):
                case "newer":
                    why = f"index {index} was made by a newer wirewatch; use that one, or another WIREWATCH_NAME_PREFIX"
                    raise Refused(SERVER, address(settings), why)
                case "fields" | "other":
                    _put(es, settings, index, wanted[alias])


def _put(es: Elasticsearch, settings: Settings, index: str, wanted: dict[str, Any]) -> None:
    try:
        es.indices.put_mapping(index=index, properties=wanted["properties"], meta=wanted["_meta"])
    except BadRequestError as error:
        why = f"index {index} has another mapping than this wirewatch writes: {reason(error.body)}"
        how = "`wirewatch indices upgrade` copies it into a new one while everything runs"
        raise Refused(SERVER, address(settings), f"{why}; {how}") from error


def compared(wanted: dict[str, Any], there: dict[str, Any]) -> Change:
    """What is to be done about a mapping that is ``there``; a larger format than ours is of a newer wirewatch."""
    if there.get("_meta", {}).get("format", 1) > wanted["_meta"]["format"]:
        return "newer"
    return _fields_compared(wanted["properties"], there.get("properties", {}))


def _fields_compared(wanted: dict[str, Any], there: dict[str, Any]) -> Change:
    found: Change = "same"
    for name, field in wanted.items():
        known = there.get(name)
        if known is None:
            found = "fields"
        elif known != field:
            inner = all(one.get("properties") and one.get("type") == field.get("type") for one in (field, known))
            each = _fields_compared(field["properties"], known["properties"]) if inner else "other"
            if each == "other":
                return "other"
            found = each if found == "same" else found
    return found
