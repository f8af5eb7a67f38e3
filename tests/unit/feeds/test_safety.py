"""Addresses that are refused, and bodies that are opened no further than a limit."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from wirewatch.feeds.compressed import Broken, TooLarge, opened
from wirewatch.feeds.safety import refused_address, refused_url


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "this machine itself"),
        ("127.9.9.9", "this machine itself"),
        ("::1", "this machine itself"),
        ("::ffff:127.0.0.1", "this machine itself"),
        ("10.0.0.1", "private"),
        ("172.16.3.4", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("fd12::1", "private"),
        ("169.254.1.1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("64:ff9b::7f00:1", "this machine itself"),
        ("2002:7f00:1::", "this machine itself"),
        ("0.0.0.0", "no address of a server"),
        ("224.0.0.1", "no address of a server"),
        ("255.255.255.255", "no address of a server"),
        ("192.0.2.1", "private"),
        ("nonsense", "no IP address"),
        ("93.184.216.34", None),
        ("2606:2800:220:1::1", None),
        ("::ffff:93.184.216.34", None),
    ],
)
def test_only_public_addresses_are_connected_to(address: str, why: str | None) -> None:
    refused = refused_address(address)
    assert refused is None if why is None else why in (refused or "")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://x.example/f", None),
        ("http://x.example:8080/f?a=b", None),
        ("ftp://x.example/f", "not ftp"),
        ("file:///etc/passwd", "not file"),
        ("gopher://x.example", "not gopher"),
        ("//x.example/f", "without a scheme"),
        ("https:///f", "names no host"),
        ("https://x.example:99999/", "no address"),
        ("https://[::1/", "no address"),
        ("https://x.example/a b", "spaces"),
    ],
)
def test_only_http_and_https_are_asked(url: str, why: str | None) -> None:
    refused = refused_url(url)
    assert refused is None if why is None else why in (refused or "")


BODY = b"<rss>" + b"x" * 1_000 + b"</rss>"
RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("body", "encodings"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (gzip.compress(BODY), "gzip"),
        (gzip.compress(BODY), "x-gzip"),
        (gzip.compress(BODY), ""),
        (BODY, "gzip"),
        (BODY, "nonsense"),
        (gzip.compress(BODY[:500]) + gzip.compress(BODY[500:]), "gzip"),
        (zlib.compress(BODY), "deflate"),
        (RAW_DEFLATE.compress(BODY) + RAW_DEFLATE.flush(), "deflate"),
        (brotli.compress(BODY), "br"),
        (zstandard.compress(BODY), "zstd"),
        (brotli.compress(gzip.compress(BODY)), "gzip, br"),
        (gzip.compress(BODY) + b"rubbish", "gzip"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_body_is_opened_whatever_it_is_compressed_with(body: bytes, encodings: str) -> None:
    assert opened(body, encodings, 2_000) == BODY


@pytest.mark.parametrize(
    ("body", "encodings"),
    [
        (gzip.compress(bytes(50_000_000)), "gzip"),
        (gzip.compress(bytes(50_000_000)), ""),
        (zlib.compress(bytes(50_000_000)), "deflate"),
        (brotli.compress(bytes(50_000_000), quality=5), "br"),
        (zstandard.compress(bytes(50_000_000)), "zstd"),
        (gzip.compress(gzip.compress(bytes(50_000_000))), "gzip, gzip"),
        (gzip.compress(bytes(700_000)) * 3, "gzip"),
    ],
    ids=["gzip", "gzip unsaid", "deflate", "br", "zstd", "twice", "several members"],
)
def test_a_bomb_is_opened_no_further_than_the_limit(body: bytes, encodings: str) -> None:
    with pytest.raises(TooLarge):
        opened(body, encodings, 1_000_000)


@pytest.mark.parametrize(
    ("body", "encodings", "said"),
    [
        (gzip.compress(BODY)[:-20], "gzip", "ends too early"),
        (brotli.compress(BODY)[:-5], "br", "ends too early"),
        (b"\x00\x01\x02", "gzip", "something else"),
        (b"\x00\x01\x02", "br", "cannot be opened"),
        (b"\x00\x01\x02", "zstd", "cannot be opened"),
        (b"\x00\x01\x02", "lzma", "not known here"),
    ],
)
def test_what_cannot_be_opened_is_said(body: bytes, encodings: str, said: str) -> None:
    with pytest.raises(Broken, match=said):
        opened(body, encodings, 1_000_000)
