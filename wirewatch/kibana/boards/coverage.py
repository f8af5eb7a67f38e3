"""Coverage and health: whether the feeds bring what they should, and the line keeps up."""

from __future__ import annotations

from wirewatch.kibana.boards.sheets import FEEDS_IN_TROUBLE, HEALTH_CHANGES
from wirewatch.kibana.panels import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    Board,
    Control,
    Measure,
    Number,
    Terms,
    count,
    donut,
    newest,
    number,
    over_time,
    percentile,
    row,
    table,
)
from wirewatch.kibana.views import ARTICLES, FEEDS, METRICS, RUNS
from wirewatch.pulse.history import FOR

CONSUMER = "(tagger|clusterer|indexer|alerter|notifier).*"
FEED = "kind: feed"
ILL = "health: (failing or blocked or retired or moved)"
OF_FEEDS: tuple[Number, ...] = (
    count("Feeds"),
    count("Quiet", kql="health: quiet"),
    count("Ill", kql=ILL),
    newest("new_at", "Newest item"),
)

BOARD = Board(
    "coverage",
    "Coverage and health",
    "Whether silence is peace or a broken feed: feeds against their rhythm, delays, what was refused, and the runs.",
    controls=(
        Control("Outlet's country", FEEDS, "source.country"),
        Control("Outlet", FEEDS, "source.name"),
        Control("Language", FEEDS, "language"),
    ),
    since="now-7d",
    rows=(
        row(
            5,
            number("Feeds", "Feeds that were asked in this time.", FEEDS, count("asked"), kql=FEED),
            number("Well", "Feeds that bring news as usual.", FEEDS, count("as usual", color=GREEN),
                   kql=f"{FEED} and health: (ok or new)"),
            number("Quiet", "Nothing new for eight times as long as usual, and two days at least.", FEEDS,
                   count("beyond their rhythm", color=ORANGE), kql=f"{FEED} and health: quiet"),
            number("In trouble", "Failing, blocking us, gone or moved.", FEEDS, count("not as they should", color=RED),
                   kql=f"{FEED} and {ILL}"),
            number("Newest article came", "When the last article became searchable, of any feed.", ARTICLES,
                   newest("indexed_at", "searchable since"), unfiltered=True),
            number("Half within", "Half of the articles of feeds could be found so soon after their publication.",
                   ARTICLES, percentile("delay_ms", 50, "of publication"), kql="feed: *"),
            widths=(2, 2, 2, 2, 3, 3),
        ),
        row(
            12,
            donut("Feeds by state", "ok: brings news; quiet: silent beyond its rhythm; failing: cannot be read; "
                  "blocked: does not let us in; moved; retired: gone for good.", FEEDS, Terms("health", 7),
                  count("Feeds"), kql=FEED),
            table("Silence by country", "Per country of the outlets: how many feeds are silent beyond their rhythm, "
                  "how many are ill (failing, blocked, moved or gone), and when the last item was published.", FEEDS,
                  (Terms("source.country", 100, "Country"),), *OF_FEEDS, kql=FEED),
            table("Silence by language", "The same per language.", FEEDS, (Terms("language", 50, "Language"),),
                  *OF_FEEDS, kql=FEED),
            widths=(2, 3, 3),
        ),
        row(15, FEEDS_IN_TROUBLE),
        row(
            12,
            over_time("From publication to the index", "Half and 95 of 100 articles of feeds could be found in this "
                      "time.", ARTICLES, percentile("delay_ms", 50, "half", color=BLUE),
                      percentile("delay_ms", 95, "95 of 100", color=RED), kql="feed: *", line=True),
            table("Slowest outlets", "How soon half of an outlet's articles could be found.", ARTICLES,
                  (Terms("source.name", 100, "Outlet"),), count("Articles"),
                  percentile("delay_ms", 50, "Half within"), percentile("delay_ms", 95, "95 of 100 within"),
                  kql="feed: *"),
            over_time("Articles of feeds", "By language: a language that ends is a feed that broke.", ARTICLES,
                      split=Terms("language", 8), kql="feed: *"),
        ),
        row(
            11,
            over_time("What runs brought", "New and edited articles of the runs over the feeds; no filter changes it.",
                      RUNS, Measure("sum", "new", "new", color=BLUE), Measure("sum", "edited", "edited", color=ORANGE),
                      unfiltered=True),
            over_time("How long runs took", "The longest run of each step of time.", RUNS,
                      Measure("max", "took_s", "took"), unfiltered=True, line=True),
            over_time("Feeds failing in runs", "Most feeds that could not be read in one run.", RUNS,
                      Measure("max", "failing", "failing", color=RED), unfiltered=True),
        ),
        row(
            11,
            over_time("Behind", "Messages that each consumer is behind, as the pulse has seen it each minute; old "
                      "material may wait (tagger-bulk).", METRICS, Measure("max", "value", "messages"),
                      split=Terms("subject", 8, pattern=CONSUMER), kql="kind: line and measure: lag", line=True,
                      unfiltered=True),
            over_time("Dead letters", "Messages that each consumer has refused and that still wait: `wirewatch "
                      "dead-letters list` says why.", METRICS, Measure("max", "value", "messages"),
                      split=Terms("subject", 8, pattern=CONSUMER), kql='kind: line and measure: "dead letters"',
                      line=True, unfiltered=True),
            over_time("Why they were refused", "Messages that still wait, by the kind of reason for which they were "
                      "refused.", METRICS, Measure("max", "value", "messages"),
                      split=Terms("subject", 8, pattern=FOR + ".*"),
                      kql='kind: line and measure: "refused for"', line=True, unfiltered=True),
            over_time("Pulse", "How long the slowest beat took through the whole line; a gap: none came through.",
                      METRICS, Measure("max", "value", "seconds", decimals=1, format="number", color=PURPLE),
                      kql="kind: line and measure: beat", line=True, unfiltered=True),
        ),
        row(13, HEALTH_CHANGES),
    ),
)  # fmt: skip
