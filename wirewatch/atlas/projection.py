"""From the round earth to a flat picture that keeps the size of areas: the projection Equal Earth.

Source: B. Šavrič, T. Patterson, B. Jenny, "The Equal Earth map projection", International Journal of Geographical
Information Science 33 (2019).
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = sqrt(3) / 2

WIDTH = 2000.0
"""Units from 180 degrees west to 180 degrees east along the equator."""


def _raw(lon: float, lat: float) -> tuple[float, float]:
    theta = asin(_M * sin(radians(lat)))
    t2 = theta * theta
    t6 = t2 * t2 * t2
    stretched = _M * (_A1 + 3 * _A2 * t2 + t6 * (7 * _A3 + 9 * _A4 * t2))
    return radians(lon) * cos(theta) / stretched, theta * (_A1 + _A2 * t2 + t6 * (_A3 + _A4 * t2))


SCALE = WIDTH / (2 * _raw(180.0, 0.0)[0])
"""Units to one radian of longitude in the projection's own measure."""
_TOP = _raw(0.0, 90.0)[1] * SCALE

HEIGHT = 2 * _TOP
"""Units from pole to pole."""


def flat(lon: float, lat: float) -> tuple[float, float]:
    """Where a point of the earth (degrees) lies in the picture: from its upper left corner to the right and down."""
    x, y = _raw(lon, lat)
    return WIDTH / 2 + x * SCALE, _TOP - y * SCALE
