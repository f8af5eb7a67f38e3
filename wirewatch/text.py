"""What text is to us: clean, comparable, and hashed into ids that last."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=2)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")
_WORDS = re.compile(r"\w+")
_TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|ocid|cmpid|xtor|at_\w+)$", re.I)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def clean(text: str) -> str:
    """``text`` composed (Unicode NFC), with plain line ends, without control characters and lone surrogates."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()


def folded_words(text: str) -> list[str]:
    """The words of ``text`` without case and accents, any script; two texts are the same when these are."""
    if text.isascii():  # there is nothing to take apart
        return _WORDS.findall(text.lower())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return _WORDS.findall("".join(c for c in decomposed if not unicodedata.combining(c)))


def digest(*parts: str) -> str:
    """32 hexadecimal digits (BLAKE2b, RFC 7693) that stand for ``parts``, the same on every machine and for ever."""
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        h.update(len(encoded).to_bytes(8, "big"))
        h.update(encoded)
    return h.hexdigest()


def content_hash(title: str, text: str) -> str:
    """The same for texts whose words are the same, whatever their spaces, case, accents and punctuation."""
    return digest(" ".join(folded_words(title)), " ".join(folded_words(text)))


@lru_cache(maxsize=8_192)  # an item's address is asked for by several who judge it
def canonical_url(url: str) -> str | None:
    """One spelling for one page: https, lower-case host, no fragment, default port, tracking or trailing slash.

    None where ``url`` is no absolute http(s) address. Source of the equivalences: RFC 3986, section 6.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".").lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)])
    return urlunsplit(("https", host, parts.path.rstrip("/"), query, ""))


def article_id(url: str | None, title: str, text: str) -> str:
    """The id of an article: a hash of its canonical URL, of its content where it has none."""
    canonical = canonical_url(url) if url else None
    return digest("url", canonical) if canonical else digest("content", content_hash(title, text))


def sane_time(moment: datetime | None, *, now: datetime) -> datetime | None:
    """``moment`` in UTC, clamped to 1900 .. now + 2 days; a time without a zone is taken for UTC."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC) if moment.year > now.year else EARLIEST
    return min(max(moment, EARLIEST), now + FUTURE_ALLOWED)


def cut(text: str, limit: int) -> str:
    """``text``, or as much of its beginning as ends with a word and fits into ``limit`` code points.

    A single word of more than 200 code points is cut inside.
    """
    if len(text) <= limit:
        return text
    for end in range(limit, max(limit - 200, 0), -1):
        if text[end].isspace():
            return text[:end].rstrip()
    return text[:limit]
