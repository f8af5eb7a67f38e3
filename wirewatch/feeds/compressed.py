"""Bodies as servers compress them, opened no further than a limit. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

_GZIP = b"\x1f\x8b"
_STEP = 1 << 20


class TooLarge(ValueError):
    """The opened body is over the limit."""


class Broken(ValueError):
    """The body cannot be opened; the message says what it should have been."""


def opened(body: bytes, encodings: str, limit: int) -> bytes:
    """``body`` without the compression that ``encodings`` (Content-Encoding, RFC 9110) names, last one first.

    A body that is plain, whatever its header says, comes back as it is, and one that is gzip without saying so is
    opened. Raises TooLarge over ``limit`` bytes, at any layer, and Broken.
    """
    for name in reversed([name.strip().lower() for name in encodings.split(",") if name.strip()][:4]):
        body = _opened_layer(body, name, limit)
    if body.startswith(_GZIP):
        body = _opened_layer(body, "gzip", limit)
    if len(body) > limit:
        raise TooLarge
    return body


def _opened_layer(body: bytes, name: str, limit: int) -> bytes:
    if name in ("", "identity", "none", "utf-8") or not body or _looks_plain(body):
        return body
    openers: dict[str, Callable[[bytes, int], bytes]] = {
        "gzip": _gzip,
        "x-gzip": _gzip,
        "deflate": _deflate,
        "br": _brotli,
        "zstd": _zstd,
    }
    if name not in openers:
        raise Broken(f"is compressed as {name[:20]!r}, which is not known here")
    try:
        return openers[name](body, limit)
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        raise Broken(f"is said to be {name} and cannot be opened ({str(error)[:80]})") from None


def _looks_plain(body: bytes) -> bool:
    """Whether it begins as XML or JSON does: some servers say gzip and send text."""
    head = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] in (b"<", b"{", b"[") and not any(byte < 9 or byte == 0x7F for byte in head)


def _gzip(body: bytes, limit: int) -> bytes:
    whole = bytearray()
    while body.startswith(_GZIP):  # a file may hold several
        member = zlib.decompressobj(31)
        whole += member.decompress(body, limit - len(whole) + 1)
        _within(whole, limit)
        if not member.eof:
            raise EOFError("it ends too early")
        body = member.unused_data
    if not whole and body:
        raise EOFError("it is something else")
    return bytes(whole)


def _deflate(body: bytes, limit: int) -> bytes:
    try:  # with zlib's head, as the standard says
        whole = zlib.decompressobj(15).decompress(body, limit + 1)
    except zlib.error:  # without, as some send it
        whole = zlib.decompressobj(-15).decompress(body, limit + 1)
    _within(whole, limit)
    return whole


def _brotli(body: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    whole = bytearray(stream.process(body, output_buffer_limit=_STEP))
    while not stream.is_finished():
        _within(whole, limit)
        more = stream.process(b"", output_buffer_limit=_STEP)
        if not more:
            raise EOFError("it ends too early")
        whole += more
    _within(whole, limit)
    return bytes(whole)


def _zstd(body: bytes, limit: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body, read_across_frames=True) as stream:
        whole = bytearray()
        while piece := stream.read(_STEP):
            whole += piece
            _within(whole, limit)
        return bytes(whole)


def _within(body: bytes | bytearray, limit: int) -> None:
    if len(body) > limit:
        raise TooLarge
