"""What the line's own work left in ``news-runs``: a digest that was told, a DAG's run, a failure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from elasticsearch import ConflictError, NotFoundError

from wirewatch.search.client import asking, missing_index
from wirewatch.search.documents import RUNS
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of work: when it began and how long it took, whose it was, how it ended, and that in words.

    ``channel`` is the one that was told of it: "told" is of a row of failures, "failure" of each of them (which names
    the channel only where Elasticsearch was away, so that its row could not be looked up).
    """

    id: str
    kind: Literal["digest", "dag_run", "failure", "told"]
    began_at: datetime
    took_s: float | None = None
    dag_id: str | None = None
    airflow_run_id: str | None = None
    task: str | None = None
    state: str | None = None
    says: str | None = None
    channel: str | None = None


def record_document(record: Record) -> dict[str, Any]:
    """A record as a document of ``news-runs``."""
    fields: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime,))
    return {"@timestamp": record.began_at, **fields}


def keep_record(settings: Settings, record: Record, *, again: bool = False) -> bool:
    """Keep it under its id unless there is one already; whether this call did. A search finds it at once.

    With ``again`` it takes the place of one that is there. Raises IndexMissing where there is no index yet.
    """
    alias, document = alias_of(settings, RUNS), record_document(record)
    with asking(settings) as es:
        try:
            es.index(
                index=alias,
                id=record.id,
                document=document,
                op_type="index" if again else "create",
                refresh=True,
                require_alias=True,
            )
        except ConflictError:
            return False
    return True


def get_record(settings: Settings, id_: str) -> Record | None:
    """The record with that id; None where there is none."""
    with asking(settings) as es:
        try:
            document = es.get(index=alias_of(settings, RUNS), id=id_)["_source"]
        except NotFoundError as error:
            if missing_index(error.body):
                raise
            return None
    return record_of(document)


def forget_record(settings: Settings, id_: str) -> None:
    """Let there be no record with that id."""
    with asking(settings) as es:
        es.options(ignore_status=404).delete(index=alias_of(settings, RUNS), id=id_, refresh=True)


def told_record(settings: Settings, event: Record, channel: str) -> Record:
    """The record that ``channel`` knows of the row of failures which ``event`` belongs to; one for each row."""
    success = last_success(settings, str(event.dag_id), by=event.began_at)
    since = success.airflow_run_id if success else "ever"
    return Record(
        id=f"told.{event.dag_id}.{since}",
        kind="told",
        began_at=event.began_at,
        dag_id=event.dag_id,
        channel=channel,
        says=event.says,
    )


def last_success(settings: Settings, dag_id: str, *, by: datetime) -> Record | None:
    """The newest run of that DAG that began by then and went well; None where there was none."""
    terms = {"kind": "dag_run", "dag_id": dag_id, "state": "success"}
    filters: list[dict[str, Any]] = [{"term": {name: value}} for name, value in terms.items()]
    filters.append({"range": {"@timestamp": {"lte": by.isoformat()}}})
    with asking(settings) as es:
        found = es.search(
            index=alias_of(settings, RUNS),
            query={"bool": {"filter": filters}},
            sort=[{"@timestamp": "desc"}],
            size=1,
        )
    return next((record_of(hit["_source"]) for hit in found["hits"]["hits"]), None)


def record_of(document: dict[str, Any]) -> Record:
    """The record that a document of ``news-runs`` holds."""
    known = Record.__struct_fields__
    return msgspec.convert({name: value for name, value in document.items() if name in known}, Record)
