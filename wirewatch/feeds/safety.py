"""Which addresses may be asked: only http and https, and nothing inside our own network. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_METADATA = {
    ip_address("169.254.169.254"): "the metadata service of a cloud",
    ip_address("100.100.100.200"): "the metadata service of a cloud",
    ip_address("168.63.129.16"): "the metadata service of a cloud",  # a public address, used by Azure inside
    ip_address("fd00:ec2::254"): "the metadata service of a cloud",
}
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


_NEVER_IN_URL = re.compile(r"[\s\x00-\x1f]")


def refused_address(address: str) -> str | None:
    """What is wrong with connecting to an IP address, in words; None where it is a public one.

    Addresses of IPv4 that hide in IPv6 (mapped, 6to4, NAT64) are judged by what they hide. Source: the IANA
    registries of special-purpose addresses, as Python's ``ipaddress`` knows them.
    """
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return "no IP address"
    if isinstance(ip, IPv6Address):
        ip = _hidden(ip) or ip
    if ip in _METADATA:
        return _METADATA[ip]
    if ip.is_loopback:
        return "this machine itself"
    if ip.is_link_local:
        return "a link-local address"
    if ip.is_unspecified or ip.is_multicast or ip.is_reserved:
        return "no address of a server"
    return None if ip.is_global else "a private address"


def refused_url(url: str) -> str | None:
    """What is wrong with asking ``url``, in words, before its name is resolved; None where nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"it is no address ({error})"
    if parts.scheme.lower() not in ("http", "https"):
        return f"only http and https are asked, not {parts.scheme.lower()[:20] or 'an address without a scheme'}"
    if not host:
        return "it names no host"
    if _NEVER_IN_URL.search(url):
        return "it holds spaces or control characters"
    return None


def _hidden(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
