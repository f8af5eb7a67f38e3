"""Actor: one actor (or several) over time, where, with whom, told by whom, and how much more than before."""

from __future__ import annotations

from wirewatch.kibana.boards.controls import ACTOR, COUNTRY, LANGUAGE, OUTLET
from wirewatch.kibana.boards.maps import WHERE
from wirewatch.kibana.boards.sheets import ALERTS_AND_REASONS, NEWEST_ARTICLES
from wirewatch.kibana.panels import (
    NAMES_FIRST,
    RED,
    Board,
    Terms,
    bars,
    count,
    donut,
    number,
    over_time,
    rise,
    row,
    table,
    unique,
)
from wirewatch.kibana.views import ALERTS, ARTICLES

BOARD = Board(
    "actor",
    "Actor",
    "Choose an actor above, or click one in another dashboard: what it does, where, with whom, and who tells it.",
    controls=(ACTOR, COUNTRY, OUTLET, LANGUAGE),
    since="now-7d",
    rows=(
        row(
            5,
            number("Articles", "Articles that name the actor.", ARTICLES, count("in this time")),
            number("More than the week before", "These articles, less those of the same time a week before.", ARTICLES,
                   rise("now, less then")),
            number("Stories", "Stories that the actor is part of.", ARTICLES, unique("story_id", "told")),
            number("Outlets", "Outlets that tell of the actor.", ARTICLES, unique("source.name", "heard")),
            number("Alerts", "Alerts about articles that name the actor.", ALERTS, count("fired", color=RED),
                   kql="not status: waiting"),
        ),
        row(
            13,
            WHERE,
            over_time("Over time", "Articles that name the actor, by the countries they are about.", ARTICLES,
                      split=Terms("focus_country", 6)),
            donut("Kinds of actors", "Of which kind the actors of these articles are.", ARTICLES,
                  Terms("actor_kinds", 9)),
            widths=(5, 4, 3),
        ),
        row(
            15,
            bars("With whom", "Actors of the same articles; the longest bar is itself. A click leads to them.",
                 ARTICLES, Terms("actors", 16), to="actor"),
            bars("In which countries", "Countries of these articles. A click leads to the place.", ARTICLES,
                 Terms("countries", 15), to="place"),
            bars("At which places", "Places that these articles name. A click leads to the place.", ARTICLES,
                 Terms("location_names", 15), to="place"),
            bars("Told by", "Outlets of these articles.", ARTICLES, Terms("source.name", 15)),
            widths=NAMES_FIRST,
        ),
        row(
            15,
            table("Actors", "Their articles, stories and outlets. A click leads to the actor.", ARTICLES,
                  (Terms("actors", 20, "Actor"),), count(), unique("story_id", "Stories"),
                  unique("source.name", "Outlets"), to="actor"),
            NEWEST_ARTICLES,
            widths=(1, 2),
        ),
        row(14, ALERTS_AND_REASONS),
    ),
)  # fmt: skip
