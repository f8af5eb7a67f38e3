"""What an article was judged by, packed small: it travels in the assignment, from which the memory is rebuilt."""

from __future__ import annotations

import struct

import msgspec

from wirewatch.stories.prints import HASHES, Print
from wirewatch.stories.traits import Traits

LEAD, MINOR, PLACE, ACTOR, KEY, LEAD_ID = 1, 2, 4, 8, 16, 32
NAMES_KEPT = 32
NUMBERS_KEPT = 24
_HEAD = struct.Struct("<BBBiHI")
_PRINT_BYTES = HASHES * 2


class Trace(msgspec.Struct, frozen=True):
    """Names with the weight 0..255 they had when the article was judged, and flags; numbers; event day; print."""

    names: tuple[int, ...]
    weights: bytes
    flags: bytes
    numbers: tuple[int, ...]
    title_numbers: tuple[int, ...]
    event_day: int
    text: Print


def trace(traits: Traits, vector: dict[int, float]) -> Trace:
    """The trace of an article with the unit ``vector`` of its names; the heaviest names are kept."""
    heaviest = sorted(vector, key=lambda name: (-vector[name], name))[:NAMES_KEPT]
    return Trace(
        names=tuple(heaviest),
        weights=bytes(min(255, max(1, round(vector[name] * 255))) for name in heaviest),
        flags=bytes(_flags(traits, name) for name in heaviest),
        numbers=tuple(sorted(traits.numbers)[:NUMBERS_KEPT]),
        title_numbers=tuple(sorted(traits.title_numbers)[:NUMBERS_KEPT]),
        event_day=traits.event_day,
        text=traits.text,
    )


def _flags(traits: Traits, name: int) -> int:
    return (
        LEAD * (name in traits.lead)
        | MINOR * (name in traits.minor)
        | PLACE * (name in traits.places)
        | ACTOR * (name in traits.actors)
        | KEY * (name in traits.key_places)
        | LEAD_ID * (name in traits.lead_ids)
    )


def packed(of: Trace) -> bytes:
    """``of`` in bytes; `unpacked` is the way back."""
    head = _HEAD.pack(
        len(of.names), len(of.numbers), len(of.title_numbers), of.event_day, of.text.shingles, of.text.exact
    )
    numbers = of.numbers + of.title_numbers
    return b"".join((head, struct.pack(f"<{len(of.names)}I", *of.names), of.weights, of.flags,
                     struct.pack(f"<{len(numbers)}I", *numbers), of.text.hashes))  # fmt: skip


def unpacked(data: bytes) -> Trace:
    """The trace in ``data``."""
    n, m, k, day, shingles, exact = _HEAD.unpack_from(data)
    at = _HEAD.size
    names = struct.unpack_from(f"<{n}I", data, at)
    at += 4 * n
    weights, flags = data[at : at + n], data[at + n : at + 2 * n]
    at += 2 * n
    numbers = struct.unpack_from(f"<{m + k}I", data, at)
    at += 4 * (m + k)
    text = Print(data[at : at + _PRINT_BYTES], shingles, exact)
    return Trace(names, weights, flags, numbers[:m], numbers[m:], day, text)


def found_by(data: bytes) -> tuple[bytes, bytes, int]:
    """Of the trace in ``data`` what finds an article: names (4 bytes each), hashes of the text, all its words."""
    n, m, k, _, _, exact = _HEAD.unpack_from(data)
    start = _HEAD.size + 6 * n + 4 * (m + k)
    return data[_HEAD.size : _HEAD.size + 4 * n], data[start : start + _PRINT_BYTES], exact


def packed_print(of: Print) -> bytes:
    """A print in bytes."""
    return struct.pack("<HI", of.shingles, of.exact) + of.hashes


def unpacked_print(data: bytes) -> Print:
    """The print in ``data``."""
    return Print(data[6:], *struct.unpack_from("<HI", data))
