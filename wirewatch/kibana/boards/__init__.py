"""The dashboards, a module each, in the order of the links above them."""

from __future__ import annotations

from wirewatch.kibana.boards import actor, alerts, coverage, place, quality, situation
from wirewatch.kibana.boards.maps import MAPS
from wirewatch.kibana.boards.sheets import SHEETS

BOARDS = (situation.BOARD, actor.BOARD, place.BOARD, alerts.BOARD, coverage.BOARD, quality.BOARD)

__all__ = ["BOARDS", "MAPS", "SHEETS"]
