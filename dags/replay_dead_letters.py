"""What was refused, sent again once its cause is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, chain, dag, task

from wirewatch.scheduling.forms import DAYS_BACK
from wirewatch.scheduling.tasks import COMMON, DEAD_LETTERS, running_servers, the_line, told

ABOUT = """
### Send again what was refused

A message that can never succeed as it is (not readable, of a wrong shape, not storable) is kept as a *dead letter* with
its reason. Once the cause is gone (a mended producer, a corrected mapping), send the letters again.

| field | what it is for |
|---|---|
| **Consumer** | whose letters; empty for all |
| **Days back** | only what was refused in the last so many days; empty for all |
| **How many** | so many at most, oldest first; empty for all |

`wirewatch dead-letters list` shows what waits, and why. A letter whose cause is still there comes back as a letter;
nothing is stored twice.
"""


@dag(
    dag_id="replay_dead_letters",
    dag_display_name="Replay dead letters",
    description="Sends again what consumers refused, once its cause is gone.",
    doc_md=ABOUT,
    schedule=None,
    tags=["wirewatch", "by hand"],
    params={
        "consumer": Param(
            None,
            type=["null", "string"],
            enum=[None, "tagger", "clusterer", "indexer", "alerter", "notifier"],
            title="Consumer",
            description="Whose letters. Empty: all consumers'.",
        ),
        "days": DAYS_BACK,
        "limit": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=10_000_000,
            title="How many",
            description="So many letters at most, oldest first. Empty: all.",
        ),
    },
    **COMMON,
)
def replay_dead_letters() -> None:
    """Send the letters, and let the line work to its end."""

    @task(outlets=[DEAD_LETTERS])
    def replay(params: dict[str, Any] | None = None, outlet_events: Any = None) -> dict[str, Any]:
        """Send them to the topics they came from."""
        from datetime import timedelta

        from wirewatch.stream import dead_letters
        from wirewatch.topics import CONSUMERS

        form = params or {}
        sent = dead_letters.replay(
            running_servers(),
            (form["consumer"],) if form["consumer"] else CONSUMERS,
            since=datetime.now(UTC) - timedelta(days=form["days"]) if form["days"] else None,
            limit=form["limit"],
        )
        return told(outlet_events, DEAD_LETTERS, {"sent": sent})

    chain(replay(), *the_line())


replay_dead_letters()
