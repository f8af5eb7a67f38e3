"""Points on the earth and the distance between them."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import msgspec

EARTH_RADIUS_KM = 6371.0088
"""Mean radius, IUGG 1980 (Moritz, Geodetic Reference System 1980)."""


class Point(msgspec.Struct, frozen=True):
    """A place on the earth in degrees, WGS 84: ``lat`` -90..90, ``lon`` -180..180."""

    lat: float
    lon: float


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance in km by the haversine formula, which stays exact for near points.

    Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984).
    """
    half_lat = sin(radians(b.lat - a.lat) / 2)
    half_lon = sin(radians(b.lon - a.lon) / 2)
    h = half_lat**2 + cos(radians(a.lat)) * cos(radians(b.lat)) * half_lon**2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))
