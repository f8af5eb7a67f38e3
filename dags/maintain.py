"""The night's work: what is old leaves, and what is not well is said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, chain, dag, task

from wirewatch.scheduling.tasks import COMMON, daily, running_servers

ABOUT = """
### Keep the house

Runs each night at 03:30 in the time zone of the settings (`WIREWATCH_TIMEZONE`).

| step | what it does |
|---|---|
| **keep_kafka_shorter** | sees that Kafka keeps everything a week less than the index does |
| **remove_old** | deletes articles that came longer ago than `WIREWATCH_KEEP_DAYS`, and the oldest where they are more than `WIREWATCH_KEEP_GB`; a story goes with its last article |
| **look_at_feeds** | says which feeds cannot be read, and why |
| **check_knowledge** | checks the actor files, yours too; red where they do not hold together |
| **clean_airflow** | Airflow's own old runs (`airflow db clean`) and the logs of its tasks |

**Alerts are never deleted:** an alert that is kept is what prevents a later replay from paging for it again. Nor are
rules, corrections and what is known of feeds.

**Only say** tells what would be deleted, and deletes nothing. Running it twice deletes nothing more.
"""  # noqa: E501  # a row of a table is one line


@dag(
    dag_id="maintain",
    dag_display_name="Maintain",
    description="Deletes what is old, looks at feeds and knowledge, and cleans up behind Airflow.",
    doc_md=ABOUT,
    schedule=daily(3, 30),
    tags=["wirewatch", "upkeep"],
    params={
        "airflow_days": Param(
            30,
            type="integer",
            minimum=1,
            maximum=3_650,
            title="Days of Airflow's past",
            description="Runs and logs of Airflow that are older are deleted.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Only say",
            description="Say how many articles and runs would be deleted, without deleting anything.",
        ),
    },
    **COMMON | {"start_date": None},
)
def maintain() -> None:
    """Delete, look, and say."""

    @task
    def keep_kafka_shorter(params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Let Kafka forget before the index does."""
        from wirewatch.stream.retention import keep_shorter

        return {"changed": [] if (params or {})["dry_run"] else keep_shorter(running_servers())}

    @task
    def remove_old(params: dict[str, Any] | None = None) -> dict[str, int]:
        """Delete what is old, or more than there is room for."""
        import msgspec

        from wirewatch.search import retention

        removed = retention.remove_old(running_servers(), now=datetime.now(UTC), dry_run=(params or {})["dry_run"])
        return msgspec.structs.asdict(removed)

    @task
    def look_at_feeds() -> dict[str, Any]:
        """Say which feeds cannot be read."""
        import logging

        from wirewatch.search.feeds import ill_feeds

        ill = [f"{feed.name}: {feed.error or feed.health}" for feed in ill_feeds(running_servers())]
        for line in ill:
            logging.getLogger("airflow.task").warning("%s", line)
        return {"cannot_be_read": ill}

    @task
    def check_knowledge() -> dict[str, Any]:
        """See whether the actor files hold together."""
        from wirewatch.knowledge.load import check_all, own_folder
        from wirewatch.settings import load_settings

        return {"checked": check_all(own_folder(load_settings()))}

    @task
    def clean_airflow(params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Delete Airflow's own past."""
        from datetime import timedelta

        from wirewatch.scheduling.upkeep import clean

        form = params or {}
        return clean(before=datetime.now(UTC) - timedelta(days=form["airflow_days"]), dry_run=form["dry_run"])

    chain(keep_kafka_shorter(), remove_old())
    look_at_feeds()
    check_knowledge()
    clean_airflow()


maintain()
