"""`wirewatch run`: the whole line once, on real servers, and everything down again."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from wirewatch.cli.common import json_option, print_json
from wirewatch.cli.progress import Progress
from wirewatch.settings import Settings, load_settings

DAG = "news_pipeline"

STEPS = {
    "produce_files": "reading the articles",
    "poll_feeds": "asking the feeds",
    "tag": "tagging: who and where",
    "cluster": "finding the stories",
    "index": "storing",
    "alert": "judging by the rules",
    "notify": "telling what fired",
    "summarise": "counting",
}
"""What each task of the DAG does, for people."""

PRELOAD = (
    "wirewatch.tagging:load_tagger",  # the first time it builds its gazetteer, while the servers are fetched
    "consumers.tagger",
    "consumers.clusterer",
    "consumers.indexer",
    "consumers.alerter",
    "consumers.notifier",
    "producers.rules",
    "producers.files",
    "spacy",
)
"""What the DAG's tasks import, to be ready when the servers are."""


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Read no more articles than this.")
@click.option("--backfill", is_flag=True, help="Old material: it lets live news pass, and nobody is alerted about it.")
@json_option
def run(path: Path | None, limit: int | None, backfill: bool, as_json: bool) -> None:
    """Start the servers, run the DAG `news_pipeline` once over PATH, sum up, and take everything down.

    PATH is a file or a folder; without it, the articles that come with wirewatch are read. Servers that run already
    (`wirewatch up`, or your own) are used and left as they are. A second run stores nothing twice.

    \b
    wirewatch run
    wirewatch run ~/articles --limit 100 --json
    """
    signal.signal(signal.SIGTERM, _leave)
    settings = load_settings()
    form = {
        "folder": str(path.resolve()) if path else None,
        "limit": limit,
        "lane": "backfill" if backfill else "live",
    }
    summary, stays_up = run_once(settings, form)
    if as_json:
        print_json(summary)
    else:
        from wirewatch.cli.summary import show

        show(summary, stays_up=stays_up)


def run_once(settings: Settings, form: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Run the DAG with ``form`` filled in: its summary, and whether its servers ran before and still do.

    Airflow is loaded while the servers start. Raises RunFailed, ServerError; nothing that was started is left.
    """
    from wirewatch.embedded import find_servers, servers
    from wirewatch.scheduling.once import loading

    stays_up = find_servers(settings) is not None
    with (
        Progress() as progress,
        loading(settings, DAG, preload=PRELOAD) as dag,
        servers(settings, report=progress.say) as running,
    ):
        if stays_up:
            progress.doing("looking for the servers")
            _expect_answers(running)
        progress.doing("loading Airflow and the gazetteer")
        summary: dict[str, Any] = {}
        for event in dag.run(running, form):
            summary = _follow(event, progress) or summary
        progress.doing("stopping what was started")
    return summary, stays_up


def _expect_answers(settings: Settings) -> None:
    """Raise Unavailable or Refused at once, and not after Airflow was loaded, for servers that are not there."""
    from wirewatch.search import client
    from wirewatch.stream import admin

    client.reachable(settings)
    admin.reachable(settings)


def _follow(event: object, progress: Progress) -> dict[str, Any] | None:
    """Tell what happened; the summary, when it was that."""
    from wirewatch.scheduling.messages import Ready, TaskEnded, TaskStarted

    match event:
        case Ready():
            progress.say("Airflow is loaded")
        case TaskStarted(task):
            progress.doing(STEPS.get(task, task))
        case TaskEnded(task, result):
            progress.say(f"{task}: {_outcome(result)} in {progress.took():.1f} s")
            return dict(result) if task == "summarise" else None
    return None


def _outcome(result: Mapping[str, Any]) -> str:
    if "polled" in result:
        return f"{result['published']} articles from {result['polled']} feeds"
    if "read" in result and "indexed" not in result:
        return f"{result['read']} articles from {result['files']} files"
    if "handled" in result:
        refused = f", {result['refused']} refused" if result["refused"] else ""
        return f"{result['handled']} articles{refused}"
    return "done"


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM ends the command as Ctrl-C does: what it started is stopped."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)
