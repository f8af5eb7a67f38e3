"""A task of Airflow's that failed for good: an event in ``news-runs``, and one notification for a row of failures."""

from __future__ import annotations

import logging
from datetime import datetime
from html import escape

from msgspec.structs import replace

from producers.set_aside import aside, bring_in, set_aside
from wirewatch.alerts.message import Message
from wirewatch.alerts.render import markdown_escaped
from wirewatch.errors import NoServers, ServerError, UserMistake
from wirewatch.notify import NotSent, send_to
from wirewatch.search.indices import ensure_indices
from wirewatch.search.records import Record, forget_record, keep_record, told_record
from wirewatch.settings import Settings

log = logging.getLogger(__name__)


def run(
    settings: Settings, *, dag_id: str, airflow_run_id: str, task: str, reason: str, mistake: bool, now: datetime
) -> bool:
    """Keep the event, and tell the channel ``operations`` unless it knows already; whether it was told by this call.

    It knows from the first failure on until a run of the DAG succeeds. Of a mistake in a form it is told nothing: who
    filled it in sees it. Where it could not be told, the next failure tells it. While Elasticsearch is away the event
    is set aside and the channel told at once.
    """
    event = Record(
        id=f"failure.{dag_id}.{airflow_run_id}.{task}",
        kind="failure",
        began_at=now,
        dag_id=dag_id,
        airflow_run_id=airflow_run_id,
        task=task,
        state="failed",
        says=reason,
    )
    channel = None if mistake else settings.operations
    try:
        if settings.elasticsearch is None:
            raise NoServers
        ensure_indices(settings)
        bring_in(settings)
        keep_record(settings, event, again=True)
        return channel is not None and _told_once(settings, event, channel)
    except ServerError as error:
        told = channel is not None and _told_meanwhile(settings, event, channel)
        set_aside(settings, replace(event, channel=channel if told else None), error)
        return told


def _told_once(settings: Settings, event: Record, channel: str) -> bool:
    told = told_record(settings, event, channel)
    if not keep_record(settings, told):
        return False
    if _sent(settings, event, channel, told.id):
        return True
    forget_record(settings, told.id)
    return False


def _told_meanwhile(settings: Settings, event: Record, channel: str) -> bool:
    """The same while nobody can look into ``news-runs``: what was set aside says whether the row was told."""
    knows = any(one.dag_id == event.dag_id and one.channel for one in aside(settings))
    return not knows and _sent(settings, event, channel, event.id)


def _sent(settings: Settings, event: Record, channel: str, name: str) -> bool:
    try:
        send_to(settings, channel, _message(event, name))
    except (NotSent, UserMistake) as error:
        log.error("the operations channel could not be told: %s; it is tried again with the next failure", error)
        return False
    return True


def _message(event: Record, name: str) -> Message:
    title = f"{event.dag_id} failed"
    where = f"Run {event.airflow_run_id}. No more is said of it until a run has succeeded and another fails."
    why = f"{event.task}: {event.says}"
    return Message(
        id=name,
        title=title,
        text=f"{why}\n\n{where}",
        markdown=f"**{markdown_escaped(title)}**\n\n{markdown_escaped(why)}\n\n{markdown_escaped(where)}",
        html=f"<p>{escape(why)}</p><p>{escape(where)}</p>",
    )
