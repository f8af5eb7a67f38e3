"""Quality: how often the tags are right, what analysts correct, which names nobody knows, what goes untagged."""

from __future__ import annotations

from wirewatch.kibana.boards.controls import LANGUAGE, OUTLET
from wirewatch.kibana.panels import (
    BLUE,
    ORANGE,
    Board,
    Measure,
    Terms,
    Time,
    bars,
    count,
    number,
    over_time,
    row,
    share,
    table,
    unique,
)
from wirewatch.kibana.views import ARTICLES, CORRECTIONS, METRICS

NO_PLACE, NO_ACTOR = "not countries: *", "not actors: *"
UNKNOWN = "name:.*"
"""Ids of actors that are in no list, as a regular expression."""

QUALITY = "kind: quality"
MEASURES = "(places|actors|main|near|focus|corrections).*"
"""What is measured of the tags; other measures are of the line."""

BOARD = Board(
    "quality",
    "Quality",
    "How often the tags are right, by measure and version; what was corrected; which names are in no list.",
    controls=(OUTLET, LANGUAGE),
    since="now-30d",
    rows=(
        row(
            5,
            number("Without a place", "Share of articles for which no country was found.", ARTICLES,
                   share(NO_PLACE, "of articles")),
            number("Without an actor", "Share of articles in which nobody was found.", ARTICLES,
                   share(NO_ACTOR, "of articles")),
            number("Without either", "Share of articles with neither.", ARTICLES,
                   share(f"{NO_PLACE} and {NO_ACTOR}", "of articles")),
            number("With unknown names", "Share of articles that name somebody who is in no list.", ARTICLES,
                   share("actors: name\\:*", "of articles")),
            number("Corrections", "Tags that analysts corrected; no filter changes this.", CORRECTIONS,
                   count("by analysts"), unfiltered=True),
        ),
        row(
            13,
            over_time("F1 over time", "F1 of each measure against the gold sets, each time `wirewatch evaluate --keep` "
                      "measured: 1 is all found and nothing wrong.", METRICS,
                      Measure("average", "value", "F1", decimals=3, format="number"),
                      split=Terms("measure", 10, pattern=MEASURES), kql=f"{QUALITY} and statistic: f1", line=True,
                      time=Time(interval="1d"), unfiltered=True),
            table("Versions", "The mean figure of each tagger, gold set and measure; `low` and `high` bound 95 of 100 "
                  "such samples.", METRICS,
                  (Terms("tagger_version", 20, "Tagger"), Terms("subject", 5, "Gold set"),
                   Terms("measure", 20, "Measure"), Terms("statistic", 4, "Statistic")),
                  *(Measure("average", field, label, decimals=3, format="number")
                    for field, label in (("value", "Value"), ("low", "Low"), ("high", "High"))),
                  kql=QUALITY, unfiltered=True),
        ),
        row(
            14,
            table("Unknown names", "Names in no list; `wirewatch actors add` puts one into a list.", ARTICLES,
                  (Terms("actors", 25, "Name", pattern=UNKNOWN),), count(), unique("story_id", "Stories"),
                  unique("source.name", "Outlets")),
            over_time("Untagged over time", "Share of articles without a place, and without an actor.", ARTICLES,
                      share(NO_PLACE, "no place", color=BLUE), share(NO_ACTOR, "no actor", color=ORANGE), line=True),
            bars("Untagged outlets", "Outlets with most articles for which no country was found.", ARTICLES,
                 Terms("source.name", 15), count("Articles"), kql=NO_PLACE),
        ),
        row(
            14,
            bars("Corrected from", "What was tagged where it should have been something else; nothing: it was missed.",
                 CORRECTIONS, Terms("was", 12), count("Corrections"), unfiltered=True),
            bars("Corrected to", "What it should be.", CORRECTIONS, Terms("should_be", 12), count("Corrections"),
                 unfiltered=True),
        ),
    ),
)  # fmt: skip
