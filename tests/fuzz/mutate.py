"""Damaged documents: a whole one, cut, doubled, nested, spliced and sprinkled with what parsers dislike."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

TOKENS = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "\u202e\u200b\ufeff".encode()),
    *(b"<", b">", b"&", b"&#0;", b"&#xD800;", b"&#99999999;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml?>"),
    *(b'<!DOCTYPE x [<!ENTITY a "b">]>', b"&a;", b"<x:y xmlns:x='z'>", b"</", b"/>", b"<script>", b"</title>"),
    *(b'{"', b'":', b"[", b"]", b"}", b"\\u0000", b"\\ud800", b"1e999", b"-0", b"NaN", b"99999999999999999999"),
    *(b'"', b"'", b"(", b")", b" AND ", b" OR ", b" NOT ", b"~", b"*", b":", b"^", b"\\", b"/", b"~999999999"),
    *(b"0000-00-00", b"9999-12-31T23:59:60+99:99", b"http://[", b"http://a:b@\xc3\xa9:99999/", b"data:,", b"//"),
    *(b"\n", b"\r", b"\t", b" " * 50, b"---\n", b"\n---\n", b"[[rule]]\n", b" = ", b"'''", b'"""'),
)
OPENERS = (b"<div>", b"<item>", b"[", b'{"a":', b"(", b"<![CDATA[", b"&amp;", b"NOT ", b"* - > ")
LONGEST = 20_000
"""Bytes of a damaged document at most, so that a hang shows as one and not as size."""


@st.composite
def damaged(draw: st.DrawFn, whole: Sequence[bytes]) -> bytes:
    """One of ``whole`` after up to eight injuries."""
    body = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(0, 8))):
        begin, end = sorted(draw(st.tuples(*[st.integers(0, 10_000)] * 2)))
        begin, end = begin * len(body) // 10_000, end * len(body) // 10_000
        match draw(st.integers(0, 6)):
            case 0:
                body = body[:begin] + body[end:]
            case 1:
                body = body[:begin] + body[begin:end] * draw(st.integers(2, 30)) + body[end:]
            case 2:
                body = body[:begin] + draw(st.sampled_from(TOKENS)) + body[begin:]
            case 3:
                body = body[:begin] + draw(st.binary(max_size=20)) + body[begin:]
            case 4:
                body = body[:begin] + draw(st.sampled_from(OPENERS)) * draw(st.integers(1, 2_000)) + body[begin:]
            case 5:
                body = body[:begin] + draw(st.sampled_from(whole))[end // 2 :]
            case _:
                body = body[:begin] + draw(st.sampled_from(TOKENS)) + body[end:]
        body = body[:LONGEST]
    return body


ODD: tuple[Any, ...] = (
    *("", " ", "\x00", "\u202e", "x" * 5_000, "nobody", "name:", "-1", "é" * 600, "\U0001f600", "a\nb"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2024-12-07T10:00:00+23:59", "2024-12-07"),
    *(-1, 0, 1, 2**31, 2**53, 2**63 - 1, 2**64, -(2**63), 0.5, -1e308, 1e308, 1e-320),
    *(None, True, [], {}, [None], [[]]),
)


@st.composite
def odd(draw: st.DrawFn, whole: Sequence[bytes]) -> bytes:
    """One of the JSON documents ``whole`` with up to four values that are odd, gone, or there many times."""
    value = json.loads(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 4))):
        spots = list(_spots(value))
        if not spots:
            break
        holder, key = spots[draw(st.integers(0, 1_000_000)) % len(spots)]
        match draw(st.integers(0, 5)):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.extend(copy.deepcopy(holder[key]) for _ in range(draw(st.integers(1, 100))))
            case _:
                holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return json.dumps(value).encode()


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that holds something: what holds it, and its key there."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _spots(value[key])
