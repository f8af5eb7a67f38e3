"""News from feeds, by hand: some feeds or all, due or not."""

from __future__ import annotations

from airflow.sdk import Param, chain, dag

from wirewatch.scheduling.forms import FEED_TAGS, FEEDS, LANE
from wirewatch.scheduling.tasks import COMMON, the_feeds, the_line

ABOUT = """
### Bring in news from feeds

Asks the feeds that you choose and lets the line work on what is new until it can be found.

| step | what it does |
|---|---|
| **poll_feeds** | asks the feeds and hands over what is new |
| **tag**, **cluster**, **index** | let the line work to its end |

**Which feeds:** those of the list that `WIREWATCH_FEEDS` names, or the public ones that come with wirewatch. Without
names and tags, all of them. Only those that are due are asked; tick *Ask them all now* to ask the others too, and be
kind: each feed has its own rhythm, and a server that is asked too often locks us out.

**Running it twice does no harm:** an article that is known already is not stored a second time. What is wrong with a
feed that fails is shown by `wirewatch feeds list`.
"""


@dag(
    dag_id="ingest_feeds",
    dag_display_name="Bring in feeds",
    description="Asks feeds for news, now, and lets the line work on what is new.",
    doc_md=ABOUT,
    schedule=None,
    tags=["wirewatch", "news"],
    params={
        "feeds": FEEDS,
        "feed_tags": FEED_TAGS,
        "force": Param(
            False,
            type="boolean",
            title="Ask them all now",
            description="Also those that are not due yet.",
        ),
        "lane": LANE,
    },
    **COMMON,
)
def ingest_feeds() -> None:
    """Ask, hand over, and let the line work to its end."""
    chain(the_feeds(come_along=True), *the_line())


ingest_feeds()
