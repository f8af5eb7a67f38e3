"""The main job, on a schedule or by hand: articles in, the whole line to its end, and a summary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, chain, dag, task

from wirewatch.scheduling.forms import FEED_TAGS, FEEDS, LANE
from wirewatch.scheduling.tasks import COMMON, running_servers, the_feeds, the_line, told_of_files

ABOUT = """
### Articles in, tagged, searchable

Each run reads a folder of articles and lets the line work on them until everything that was waiting is done. Where
consumers are at work already (`wirewatch up`, Docker Compose) the run waits for them, else it does their work itself:

| step | what it does |
|---|---|
| **produce_files** | reads the articles and hands them to Kafka |
| **poll_feeds** | asks the feeds that are due (those of `WIREWATCH_FEEDS`) and hands over what is new |
| **tag** | finds who and what place each article names, and why |
| **cluster** | puts articles that tell the same story together |
| **index** | stores them, so that `wirewatch search` and Kibana find them |
| **alert** | judges them by your rules, and by those that come with wirewatch where there are no others |
| **notify** | tells in the rules' channels what fired |
| **summarise** | counts what came in and what it is about; open its *XCom* to read the result |

**Running it by hand:** press *Trigger*. Leave *Folder or file* empty for the articles that come with wirewatch (the
schedule leaves them alone), or name a folder of your own: .txt, .md, .html, .json and .jsonl files are read. *Feeds*
and *Feeds with a tag* poll only some of your feeds; left empty, all that are due are polled, and none where no list of
feeds is set. Choose *Old material* for an archive: it lets live news pass, and nobody is alerted about it.

**Running it twice does no harm:** an article that is known already is not stored a second time.

**When a step is red:** the last line of its log says what to do. A step tries again by itself while a server is away;
after a mistake in the form it stops at once.
"""


@dag(
    dag_id="news_pipeline",
    dag_display_name="News pipeline",
    description="Reads articles, tags them, finds their stories and makes them searchable.",
    doc_md=ABOUT,
    schedule="*/15 * * * *",
    tags=["wirewatch", "news"],
    params={
        "folder": Param(
            None,
            type=["null", "string"],
            minLength=1,
            title="Folder or file",
            description="A path on the machine that runs the task. Empty: by hand the articles that come with "
            "wirewatch, on the schedule none.",
        ),
        "limit": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=10_000_000,
            title="How many",
            description="Read no more articles than this. Empty: all of them.",
        ),
        "lane": LANE,
        "feeds": FEEDS,
        "feed_tags": FEED_TAGS,
    },
    **COMMON,
)
def news_pipeline() -> None:
    """Feed the line, let each consumer work to the end it sees, and sum up."""

    @task
    def produce_files(
        params: dict[str, Any] | None = None, run_id: str | None = None, dag_run: Any = None
    ) -> dict[str, Any]:
        """Hand the articles to Kafka."""
        from producers import files, rules
        from wirewatch.resources import seeds_folder
        from wirewatch.search.overview import overview

        form = params or {}
        settings = running_servers()
        started = datetime.now(UTC)
        stored = overview(settings, limit=1).articles
        folder = form.get("folder")
        if folder is None and dag_run is not None and dag_run.run_type == "scheduled":
            produced = files.Produced()  # made-up articles are for a look by hand, not for a watch floor
        else:
            if folder is None:
                rules.run(settings, now=started)
            produced = files.run(
                settings,
                [folder or str(seeds_folder())],
                backfill=form.get("lane") == "backfill",
                limit=form.get("limit"),
                airflow_run_id=run_id,
            )
        return told_of_files(produced) | {"stored_before": stored, "started_at": started.isoformat()}

    @task
    def summarise(produced: dict[str, Any], polled: dict[str, Any], consumed: list[dict[str, Any]]) -> dict[str, Any]:
        """Count what came in and what it is about."""
        import msgspec

        from wirewatch.search.alerts import alerts_by_rule
        from wirewatch.search.overview import overview

        settings = running_servers()
        found = overview(settings, limit=8)
        tagged, clustered, indexed, judged, told = consumed
        return {
            "files": produced["files"],
            "read": produced["read"],
            "published": produced["published"] + polled["published"],
            "feeds_polled": polled["polled"],
            "feeds_failing": polled["failing"],
            "feed_articles": polled["published"],
            "tagged": tagged["handled"] - tagged["refused"],
            "clustered": clustered["handled"] - clustered["refused"],
            "indexed": indexed["handled"] - indexed["refused"],
            "alerts": alerts_by_rule(settings, since=datetime.fromisoformat(produced["started_at"])),
            "new": found.articles - produced["stored_before"],
            "judged": judged["handled"],
            "told": told["handled"],
            "refused": produced["refused_count"] + sum(step["refused"] for step in consumed),
            "refused_inputs": produced["refused"],
            "overview": msgspec.to_builtins(found),
        }

    produced, polled = produce_files(), the_feeds()
    consumed = the_line()
    chain(produced, polled, *consumed, summarise(produced, polled, consumed))  # type: ignore[arg-type]  # TaskFlow hands on the values


news_pipeline()
