"""Articles from files, by hand: a folder or a pattern, tried out first if wanted."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, chain, dag, task

from wirewatch.scheduling.forms import LANE
from wirewatch.scheduling.tasks import COMMON, running_servers, the_line, told_of_files

ABOUT = """
### Bring in articles from files

Reads .txt (first line = title), .md, .html, .json and .jsonl files and lets the line work on them until they can be
found.

| field | what it is for |
|---|---|
| **Folder, file or pattern** | `/data/archive`, `/data/today.jsonl` or `/data/2024-*/*.html` |
| **Outlet** | stands in where a file names none |
| **Language** | the same; without it the language is found out |
| **What it is** | *Old material* lets live news pass and alerts nobody |
| **Only try** | reads everything and says what would come in; nothing is sent |

What was refused, and why, stands in the *XCom* of **produce_files** and in its log. Running it twice does no harm: an
article that is known is not stored a second time.
"""


@dag(
    dag_id="ingest_files",
    dag_display_name="Ingest files",
    description="Brings in articles from files, a folder or a pattern.",
    doc_md=ABOUT,
    schedule=None,
    tags=["wirewatch", "by hand"],
    params={
        "path": Param(
            "",
            type="string",
            minLength=1,
            title="Folder, file or pattern",
            description="On the machine that runs the task; * and ** are understood.",
        ),
        "source": Param(
            None,
            type=["null", "string"],
            title="Outlet",
            description="The outlet's name or domain, for files that name none.",
        ),
        "language": Param(
            None,
            type=["null", "string"],
            pattern="^[a-z]{2,3}$",
            title="Language",
            description="Two letters, such as en or ar, for files that name none. Empty: it is found out.",
        ),
        "lane": LANE,
        "dry_run": Param(
            False,
            type="boolean",
            title="Only try",
            description="Read everything and say what would come in, without sending anything.",
        ),
    },
    **COMMON,
)
def ingest_files() -> None:
    """Read, hand over, and let the line work to its end."""

    @task
    def produce_files(params: dict[str, Any] | None = None, run_id: str | None = None) -> dict[str, Any]:
        """Hand the articles to Kafka, or only read them."""
        from producers import files
        from producers.reading.inputs import matching

        form = params or {}
        produced = files.run(
            running_servers(),
            matching(form["path"]),
            backfill=form["lane"] == "backfill",
            dry_run=form["dry_run"],
            source=form["source"],
            language=form["language"],
            airflow_run_id=run_id,
        )
        return told_of_files(produced)

    chain(produce_files(), *the_line())


ingest_files()
