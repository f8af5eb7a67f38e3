"""The maps."""

from __future__ import annotations

from wirewatch.kibana.panels import Map
from wirewatch.kibana.views import ALERTS, ARTICLES

WHERE = Map(
    "where",
    "Where",
    "Countries by the articles that name them or a place in them; cities and sites by stories. A click narrows the "
    "dashboard to a country, or to what is near a point.",
    ARTICLES,
    "articles",
    sized="story_id",
    sized_noun="stories",
)
WHERE_ALERTS_FIRED = Map(
    "alerts-where",
    "Where alerts fired",
    "Countries, cities and sites of the articles that met a rule. A click narrows the dashboard to them.",
    ALERTS,
    "alerts",
    without=({"status": "waiting"},),
)
MAPS = (WHERE, WHERE_ALERTS_FIRED)
