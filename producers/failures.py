"""A task of Airflow's that failed for good: an event in ``news-runs``, and one notification for a row of failures."""

from __future__ import annotations

import logging
from datetime import datetime
from html import escape

from wirewatch.alerts.message import Message
from wirewatch.alerts.render import markdown_escaped
from wirewatch.errors import UserMistake
from wirewatch.notify import NotSent, send_to
from wirewatch.search.indices import ensure_indices
from wirewatch.search.records import Record, forget_record, keep_record, last_success
from wirewatch.settings import Settings

log = logging.getLogger(__name__)


def run(
    settings: Settings, *, dag_id: str, airflow_run_id: str, task: str, reason: str, mistake: bool, now: datetime
) -> bool:
    """Keep the event, and tell the channel ``operations`` unless it knows already; whether it was told by this call.

    It knows from the first failure on until a run of the DAG succeeds. Of a mistake in a form it is told nothing: who
    filled it in sees it. Where it could not be told, the next failure tells it. Raises ServerError.
    """
    ensure_indices(settings)
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
    keep_record(settings, event, again=True)
    if mistake or settings.operations is None:
        return False
    success = last_success(settings, dag_id)
    since = success.airflow_run_id if success else "ever"
    told = Record(
        id=f"told.{dag_id}.{since}", kind="told", began_at=now, dag_id=dag_id, channel=settings.operations, says=reason
    )
    if not keep_record(settings, told):
        return False
    try:
        send_to(settings, settings.operations, _message(event, told.id))
    except (NotSent, UserMistake) as error:
        forget_record(settings, told.id)
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
