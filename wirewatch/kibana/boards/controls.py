"""What dashboards over news can be narrowed to. Each field means the same in articles, stories and alerts."""

from __future__ import annotations

from wirewatch.kibana.panels import Control
from wirewatch.kibana.views import ARTICLES

COUNTRY = Control("Country", ARTICLES, "countries")
ACTOR = Control("Actor", ARTICLES, "actors")
OUTLET = Control("Outlet", ARTICLES, "source.name")
LANGUAGE = Control("Language", ARTICLES, "language")
