"""The morning's digest: what happened in the last 24 hours, as a file and in a channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import dag, task

from wirewatch.scheduling.tasks import COMMON, daily, running_servers

ABOUT = """
### The last 24 hours in the morning

Runs each day at 07:00 in the time zone of the settings (`WIREWATCH_TIMEZONE`) and tells:

* the **top stories**, those with the most independent outlets first;
* **new actors**, who were in no article of the 30 days before;
* the **alerts**;
* **feeds that cannot be read**, and why.

It is written as an HTML file that needs nothing beside it (`digests` in the data folder; the last 60 stay), and sent
to the channel that `WIREWATCH_DIGEST` names (`wirewatch alerts channel list` shows them). Without one, the file is
all; of one that was not made yet the run's note says how to make it, and nothing fails.
The *XCom* of **write_digest** says where the file is.

**Running it twice does no harm:** the file is written anew, and the channel is told once a day.
"""


@dag(
    dag_id="daily_digest",
    dag_display_name="Daily digest",
    description="Tells in the morning what happened in the last 24 hours.",
    doc_md=ABOUT,
    schedule=daily(7),
    tags=["wirewatch", "news"],
    **COMMON | {"start_date": None},
)
def daily_digest() -> None:
    """Write it, and tell it."""

    @task
    def write_digest() -> dict[str, Any]:
        """Write the file, and tell the channel."""
        import msgspec

        from producers import digest

        return msgspec.structs.asdict(digest.run(running_servers(), now=datetime.now(UTC)))

    write_digest()


daily_digest()
