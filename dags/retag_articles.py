"""Stored articles tagged again with today's knowledge, or the difference that would make."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, chain, dag, task

from wirewatch.scheduling.tasks import COMMON, running_servers, the_line

ABOUT = """
### Let the past follow what is known today

After an actor was added or corrected, articles that are stored already still carry the old tags. This sends them
through the line again. It takes the slow lane: live news passes, and nobody is alerted about what is old.

| field | what it is for |
|---|---|
| **Days back** | how far back; empty for everything that is stored |
| **Actor** | only articles that carry this actor's tag, by its id such as `hezbollah` |
| **Only compare** | tags and compares, and changes nothing: the difference stands in the *XCom* of **retag** |

Articles that carry today's tags are left alone, so a run that was stopped goes on where it was.
"""


@dag(
    dag_id="retag_articles",
    dag_display_name="Retag articles",
    description="Tags stored articles again with today's knowledge, or shows the difference.",
    doc_md=ABOUT,
    schedule=None,
    tags=["wirewatch", "by hand"],
    params={
        "days": Param(
            30,
            type=["null", "integer"],
            minimum=1,
            maximum=36_500,
            title="Days back",
            description="By the articles' own time. Empty: everything that is stored.",
        ),
        "actor": Param(
            None,
            type=["null", "string"],
            pattern="^[a-z0-9-]+$",
            title="Actor",
            description="The id of an actor; `wirewatch actors list` shows them. Empty: all articles.",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Only compare",
            description="Show the difference and change nothing.",
        ),
    },
    **COMMON,
)
def retag_articles() -> None:
    """Send what is out of date, and let the line work to its end."""

    @task
    def retag(params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send the articles, or compare."""
        from datetime import timedelta

        import msgspec

        from producers import retag as retagger

        form = params or {}
        done = retagger.run(
            running_servers(),
            since=timedelta(days=form["days"]) if form["days"] else None,
            actor=form["actor"],
            dry_run=form["dry_run"],
        )
        result: dict[str, Any] = msgspec.to_builtins(done)
        return result

    chain(retag(), *the_line())


retag_articles()
