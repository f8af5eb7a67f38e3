"""What the DAGs share: the tasks of the line, how often tasks try, and what they say when they fail.

A DAG file imports this at parse time, so nothing here loads Kafka, Elasticsearch or the tagger.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, CronTriggerTimetable, ExceptionRetryPolicy, RetryAction, RetryRule, task

if TYPE_CHECKING:
    from airflow.sdk import Context

    from producers.files import Produced
    from wirewatch.settings import Settings

log = logging.getLogger(__name__)

FAILURE_PATIENCE_S = 5.0
"""So long a task that has failed waits for Elasticsearch, to tell it."""

ARTICLES = Asset("news-articles", uri="wirewatch://news-articles", group="wirewatch")
ALERTS = Asset("news-alerts", uri="wirewatch://news-alerts", group="wirewatch")
FEEDS = Asset("news-feeds", uri="wirewatch://news-feeds", group="wirewatch")
DEAD_LETTERS = Asset("news-dlq", uri="wirewatch://news-dlq", group="wirewatch")
"""What other DAGs may wait for; each event says in its extra what a run did."""

REFUSALS = AssetAlias("news-refusals", group="wirewatch")
"""Stands for `DEAD_LETTERS` in a run whose consumers refused something, and for nothing in any other."""


def say_what_to_do(context: Context) -> None:
    """Write the failure's reason, which says what to do, as the log's last line."""
    log.error("%s: %s", context["ti"].task_id, _reason(context))


def failed_for_good(context: Context) -> None:
    """Keep the failure in ``news-runs`` and tell who is to be told; then the log's last line says what to do."""
    from producers import failures
    from wirewatch.embedded import find_servers
    from wirewatch.errors import UserMistake, WirewatchError
    from wirewatch.settings import load_settings

    ti = context["ti"]
    try:
        settings = load_settings()
        failures.run(
            (find_servers(settings) or settings).impatient(FAILURE_PATIENCE_S),
            dag_id=ti.dag_id,
            airflow_run_id=ti.run_id,
            task=ti.task_id,
            reason=_reason(context),
            mistake=isinstance(context.get("exception"), UserMistake),
            now=datetime.now(UTC),
        )
    except WirewatchError as error:  # settings that cannot be, which is what the task failed of too
        log.warning("the failure is not in news-runs: %s", error)
    say_what_to_do(context)


def _reason(context: Context) -> str:
    error = context.get("exception")
    reason = str(error).strip() or type(error).__name__
    if type(error).__module__ != "wirewatch.errors":
        reason += "; the lines above say where. Clear the task to try again: nothing is done twice"
    return reason


def the_line() -> list[Any]:
    """The tasks that let each consumer work to the end it sees, in the order of the line."""

    @task(outlets=[REFUSALS])
    def tag(outlet_events: Any = None) -> dict[str, Any]:
        """Tag what waits."""
        from consumers import tagger

        return _worked_off(tagger.GROUP, tagger.run, outlet_events)

    @task(outlets=[REFUSALS])
    def cluster(outlet_events: Any = None) -> dict[str, Any]:
        """Put what waits into its stories."""
        from consumers import clusterer

        return _worked_off(clusterer.GROUP, clusterer.run, outlet_events)

    @task(outlets=[ARTICLES, REFUSALS])
    def index(run_id: str | None = None, outlet_events: Any = None) -> dict[str, Any]:
        """Store what waits; ``stored`` counts what this run brought."""
        from consumers import indexer
        from wirewatch.search.stored import count_of_run

        done = _worked_off(indexer.GROUP, indexer.run, outlet_events)
        done["stored"] = count_of_run(running_servers(), str(run_id))
        return told(outlet_events, ARTICLES, done)

    @task(outlets=[ALERTS, REFUSALS])
    def alert(dag_run: Any = None, outlet_events: Any = None) -> dict[str, Any]:
        """Judge what waits by every rule; ``alerts`` counts those that were made since the run began."""
        from consumers import alerter
        from wirewatch.search.alerts import alerts_by_rule
        from wirewatch.search.indices import refresh

        done = _worked_off(alerter.GROUP, alerter.run, outlet_events)
        settings = running_servers()
        refresh(settings)
        found = alerts_by_rule(settings, since=dag_run.start_date)
        done["alerts"] = sum(count for _, count, _ in found)
        return told(outlet_events, ALERTS, done)

    @task(outlets=[REFUSALS])
    def notify(outlet_events: Any = None) -> dict[str, Any]:
        """Tell what fired."""
        from consumers import notifier

        return _worked_off(notifier.GROUP, notifier.run, outlet_events)

    return [tag(), cluster(), index(), alert(), notify()]


def the_feeds(*, come_along: bool = False) -> Any:
    """The task that polls the feeds that are due; with ``come_along`` those of wirewatch where no list is set.

    The run's form says which: ``feeds`` (names, domains, addresses), ``feed_tags``, ``force``, ``lane``.
    """

    @task(outlets=[FEEDS])
    def poll_feeds(
        params: dict[str, Any] | None = None, run_id: str | None = None, outlet_events: Any = None
    ) -> dict[str, Any]:
        """Ask the feeds that are due."""
        from pathlib import Path

        from producers import rss
        from wirewatch.feeds.listed import chosen_feeds

        form = params or {}
        names, tags = form.get("feeds") or [], form.get("feed_tags") or []
        settings = running_servers()
        if not (settings.feeds or names or tags or come_along):
            return {"polled": 0, "published": 0, "failing": 0}
        done = rss.run(
            settings,
            chosen_feeds(Path(settings.feeds) if settings.feeds else None, names=names, tags=tags),
            force=bool(form.get("force")),
            backfill=form.get("lane") == "backfill",
            airflow_run_id=run_id,
        )
        polled = {"polled": done.polled, "published": done.new + done.edited, "failing": done.failing}
        return told(outlet_events, FEEDS, polled)

    return poll_feeds()


def told(outlet_events: Any, asset: Asset, done: dict[str, Any]) -> dict[str, Any]:
    """What was done, said to those who wait for the asset too."""
    outlet_events[asset].extra = dict(done)
    return done


def _worked_off(consumer: str, run: Any, outlet_events: Any) -> dict[str, Any]:
    from wirewatch.stream.watch import work_off

    consumed = work_off(running_servers(), consumer, run)
    if consumed.refused:
        outlet_events[REFUSALS].add(DEAD_LETTERS, extra={"consumer": consumer, "refused": consumed.refused})
    return {"handled": consumed.handled, "refused": consumed.refused}


def told_of_files(produced: Produced) -> dict[str, Any]:
    """What became of a reading of files, as a task's result; what was refused is logged, line by line."""
    for line in produced.refused:
        log.warning("refused: %s", line)
    return {
        "files": produced.files,
        "read": produced.read,
        "published": produced.published,
        "refused": list(produced.refused[:100]),
        "refused_count": len(produced.refused),
    }


def running_servers() -> Settings:
    """The settings with the addresses of servers that run; raises NoServers where there are none."""
    from wirewatch.embedded import find_servers
    from wirewatch.errors import NoServers
    from wirewatch.settings import load_settings

    settings = find_servers(load_settings())
    if settings is None:
        raise NoServers
    return settings


def daily(hour: int, minute: int = 0) -> CronTriggerTimetable:
    """Every day at that time in the time zone of the settings; raises SettingsError where that is none.

    For a DAG without a start date, so that the first run waits for its time; one that was missed later is made up for.
    """
    from wirewatch.settings import load_settings

    zone = load_settings().zone
    return CronTriggerTimetable(f"{minute} {hour} * * *", timezone=zone.key, run_immediately=timedelta(minutes=5))


DEFAULTS: dict[str, Any] = {
    "owner": "wirewatch",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=5),
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(
                "wirewatch.errors.UserMistake",
                action=RetryAction.FAIL,
                reason="What was given cannot work, however often it is tried.",
            )
        ]
    ),
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": failed_for_good,
    "on_retry_callback": say_what_to_do,
}
"""Arguments of every task: a server that is away is waited for, a user's mistake ends the run at once."""

COMMON: dict[str, Any] = {
    "start_date": datetime(2025, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "owner_links": {"wirewatch": "https://github.com/wirewatch/wirewatch"},
    "default_args": DEFAULTS,
}
"""Arguments of every DAG: no runs are made up for the past, and no two are at work at once."""
