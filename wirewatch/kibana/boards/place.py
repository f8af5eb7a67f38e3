"""Place: what happens in a country or at a place, who acts there, and who tells it."""

from __future__ import annotations

from wirewatch.kibana.boards.controls import ACTOR, COUNTRY, LANGUAGE, OUTLET
from wirewatch.kibana.boards.maps import WHERE
from wirewatch.kibana.boards.sheets import NEWEST_ARTICLES
from wirewatch.kibana.panels import (
    NAMES_FIRST,
    Board,
    Control,
    Terms,
    bars,
    count,
    number,
    over_time,
    rise,
    row,
    table,
    unique,
)
from wirewatch.kibana.views import ARTICLES

BOARD = Board(
    "place",
    "Place",
    "Choose a country or a place above, or click one in another dashboard: what happens there, and who acts.",
    controls=(COUNTRY, Control("Place", ARTICLES, "location_names"), ACTOR, OUTLET, LANGUAGE),
    since="now-7d",
    rows=(
        row(
            5,
            number("Articles", "Articles that name the place.", ARTICLES, count("in this time")),
            number("More than the week before", "These articles, less those of the same time a week before.", ARTICLES,
                   rise("now, less then")),
            number("Stories", "Stories that happen there or mention it.", ARTICLES, unique("story_id", "told")),
            number("Actors", "Different actors of these articles.", ARTICLES, unique("actors", "named")),
            number("Outlets", "Outlets that tell of the place.", ARTICLES, unique("source.name", "heard")),
        ),
        row(
            13,
            WHERE,
            over_time("Over time", "Articles that name the place, by the outlet's country: told at home or abroad.",
                      ARTICLES, split=Terms("source.country", 6, missing=True)),
            widths=(2, 3),
        ),
        row(
            15,
            bars("Who acts there", "Actors of these articles. A click leads to the actor.", ARTICLES,
                 Terms("actors", 15), to="actor"),
            bars("Places", "Towns, regions and sites of these articles.", ARTICLES, Terms("location_names", 15)),
            bars("Other countries", "Countries that are named in the same articles.", ARTICLES, Terms("countries", 15)),
            bars("Told by", "Outlets of these articles.", ARTICLES, Terms("source.name", 15)),
            widths=NAMES_FIRST,
        ),
        row(
            15,
            table("Places told of", "Places of these articles: articles, stories, outlets.", ARTICLES,
                  (Terms("location_names", 20, "Place"),), count(), unique("story_id", "Stories"),
                  unique("source.name", "Outlets")),
            NEWEST_ARTICLES,
            widths=(1, 2),
        ),
    ),
)  # fmt: skip
