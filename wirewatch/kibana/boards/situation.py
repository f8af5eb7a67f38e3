"""Situation: what happens where, who does it, what fired, and whether silence is peace or a broken feed."""

from __future__ import annotations

from wirewatch.kibana.boards.controls import ACTOR, COUNTRY, LANGUAGE, OUTLET
from wirewatch.kibana.boards.maps import WHERE
from wirewatch.kibana.boards.sheets import ALERTS_AND_REASONS, BIGGEST_STORIES
from wirewatch.kibana.panels import (
    NAMES_FIRST,
    ORANGE,
    RED,
    Board,
    Terms,
    bars,
    count,
    newest,
    number,
    over_time,
    rise,
    row,
    unique,
)
from wirewatch.kibana.views import ALERTS, ARTICLES, FEEDS, STORIES

IN_TROUBLE = "kind: feed and health: (failing or blocked or retired or quiet)"

BOARD = Board(
    "situation",
    "Situation",
    "What happens where, who does it, what fired, and whether silence is peace or a broken feed.",
    controls=(COUNTRY, ACTOR, OUTLET, LANGUAGE),
    rows=(
        row(
            5,
            number("Articles", "Published in this time.", ARTICLES, count("published")),
            number("Rise in a day", "Articles now, less those of the same time a day before.", ARTICLES,
                   rise("now, less then", shift="1d")),
            number("Stories", "Stories that these articles tell; copies and follow-ups are of one story.", ARTICLES,
                   unique("story_id", "told")),
            number("Outlets", "Outlets that these articles are from.", ARTICLES, unique("source.name", "heard")),
            number("Alerts", "Rules met by a story, the late ones too; not those that wait for more outlets.", ALERTS,
                   count("fired", color=RED), kql="not status: waiting"),
            number("Feeds in trouble", "Feeds that fail, block us, are gone, or are quiet for longer than usual; no "
                   "filter changes this.", FEEDS, count("silent or failing", color=ORANGE), kql=IN_TROUBLE,
                   unfiltered=True),
            number("Newest article came", "When the last article became searchable: long ago means that the line or "
                   "the feeds stand still.", ARTICLES, newest("indexed_at", "searchable since"),
                   unfiltered=True),
            widths=(3, 3, 3, 3, 3, 4, 6),
        ),
        row(
            14,
            WHERE,
            over_time("Articles", "Articles by the time they were published, by language.", ARTICLES,
                      split=Terms("language", 6)),
            over_time("Alerts", "Alerts by the time they were made, by rule.", ALERTS, split=Terms("rule_name", 6),
                      kql="not status: waiting"),
            widths=(5, 4, 3),
        ),
        row(
            15,
            bars("Actors", "Who acts in most articles. A click leads to the actor.", ARTICLES, Terms("actors", 15),
                 to="actor"),
            bars("Countries", "Countries that most articles name, or places in them. A click leads to the place.",
                 ARTICLES, Terms("countries", 15), to="place"),
            bars("Places", "Towns, regions and sites named most. A click leads to the place.", ARTICLES,
                 Terms("location_names", 15), to="place"),
            bars("Outlets", "Whose articles these are.", ARTICLES, Terms("source.name", 15)),
            widths=NAMES_FIRST,
        ),
        row(16, BIGGEST_STORIES),
        row(16, ALERTS_AND_REASONS),
        row(
            9,
            bars("Actors of the biggest stories", "Actors by the stories they are part of.", STORIES,
                 Terms("actors", 10), count("Stories"), to="actor"),
            bars("Rules", "Which rules were met. A click leads to the alerts.", ALERTS, Terms("rule_name", 10),
                 count("Alerts"), to="alerts", kql="not status: waiting"),
        ),
    ),
)  # fmt: skip
