"""The saved searches: documents with the columns that an analyst wants."""

from __future__ import annotations

from wirewatch.kibana.panels import Sheet
from wirewatch.kibana.views import ALERTS, ARTICLES, CORRECTIONS, FEEDS, RUNS, STORIES

NEWEST_ARTICLES = Sheet(
    "articles",
    "Articles",
    "Articles, the newest first, with who acts in them and where; the link opens the outlet's page.",
    ARTICLES,
    ("title", "source.name", "actor_names", "location_names", "language", "url"),
    widths={"source.name": 150, "language": 90, "url": 70, "actor_names": 230, "location_names": 190},
)
BIGGEST_STORIES = Sheet(
    "stories",
    "Biggest stories",
    "Stories that went on in this time, the one of most independent outlets first: one text, one agency, one owner "
    "count once.",
    STORIES,
    ("title", "independent_outlets", "articles", "countries", "actors", "first_seen"),
    sort="independent_outlets",
    widths={"independent_outlets": 110, "articles": 80, "countries": 110, "actors": 210, "first_seen": 170},
)
ALERTS_AND_REASONS = Sheet(
    "alerts",
    "Alerts and their reasons",
    "What the rules found, the newest first, with the words and the sentence that met them.",
    ALERTS,
    ("status", "rule_name", "title", "reasons.words", "reasons.sentence", "reasons.place", "outlets", "url"),
    widths={"status": 80, "rule_name": 160, "reasons.words": 130, "reasons.place": 110, "outlets": 90, "url": 70},
)
LATE_ALERTS = Sheet(
    "alerts-late",
    "Late and held back",
    "Alerts that paged nobody: they came late, or throttle or quiet hours hold them for the next digest.",
    ALERTS,
    ("status", "rule_name", "title", "age_ms", "channels.state", "url"),
    kql="status: late or status: held or channels.state: held",
    widths={"status": 80, "rule_name": 170, "age_ms": 110, "channels.state": 110, "url": 70},
)
UNDELIVERED_ALERTS = Sheet(
    "alerts-undelivered",
    "Not delivered",
    "Alerts that a channel did not take at the last try, and what it said.",
    ALERTS,
    ("rule_name", "title", "channels.name", "channels.state", "channels.error"),
    kql="channels.state: failed",
)
FEEDS_IN_TROUBLE = Sheet(
    "feeds-in-trouble",
    "Feeds in trouble",
    "Feeds from which nothing comes as it should: failing, blocking us, gone, moved, or quiet for longer than their "
    "rhythm explains.",
    FEEDS,
    ("name", "health", "health_since", "error", "new_at", "failures", "url"),
    sort="health_since",
    kql="kind: feed and health: (failing or blocked or retired or moved or quiet)",
    widths={"name": 170, "health": 80, "health_since": 170, "new_at": 170, "failures": 80, "url": 70},
)
HEALTH_CHANGES = Sheet(
    "feed-changes",
    "Changes of feeds",
    "When a feed's state became another, and why.",
    FEEDS,
    ("name", "before", "health", "why"),
    kql="kind: change",
    widths={"name": 180, "before": 90, "health": 90},
)
LAST_RUNS = Sheet(
    "runs",
    "Runs",
    "What each run brought and how long it took; the last column is the run in Airflow.",
    RUNS,
    ("kind", "polled", "new", "edited", "failing", "took_s", "airflow_run_id"),
)
LAST_CORRECTIONS = Sheet(
    "corrections",
    "Corrections",
    "What analysts said of tags: the name in the text, what it was tagged as, and what it should be.",
    CORRECTIONS,
    ("name", "layer", "was", "should_be", "by", "article_id"),
)

SHEETS = (
    NEWEST_ARTICLES,
    BIGGEST_STORIES,
    ALERTS_AND_REASONS,
    LATE_ALERTS,
    UNDELIVERED_ALERTS,
    FEEDS_IN_TROUBLE,
    HEALTH_CHANGES,
    LAST_RUNS,
    LAST_CORRECTIONS,
)
