"""The text of an article's page, where it is one. Pure."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import msgspec
import trafilatura
from lxml import etree
from lxml import html as lxml_html

from wirewatch.text import canonical_url, clean

SHORTEST = 500
"""Code points below which a page is a paywall, a cookie notice or an error, whatever it says."""
_XML = re.compile(rb"\A\s*<\?xml\b[^>]*\?>", re.IGNORECASE)


class Page(msgspec.Struct, frozen=True):
    """A page: its main text, and the address that it calls its own (``rel=canonical``) where it names one."""

    text: str
    canonical: str | None = None


def read_page(body: bytes, url: str) -> Page | None:
    """The page in ``body``, by trafilatura; None where no text is found in it."""
    try:
        tree = lxml_html.document_fromstring(_XML.sub(b"", body))
        names = [link.get("href") for link in tree.xpath("//link[@href]") if "canonical" in _rel(link)]
        text = trafilatura.extract(_XML.sub(b"", body), include_comments=False, include_tables=False)
    except (etree.LxmlError, ValueError, AssertionError, RecursionError):
        return None
    canonical = next((found for name in names if (found := _address(url, name))), None)
    return Page(clean(text), canonical) if text else None


def fuller(page: Page, told: str) -> bool:
    """Whether the page tells more than the feed did: longer than ``told`` by a good part, and no mere notice."""
    return len(page.text) >= max(SHORTEST, len(told) * 1.2)


def _rel(link: lxml_html.HtmlElement) -> list[str]:
    return str(link.get("rel") or "").lower().split()


def _address(base: str, href: str) -> str | None:
    try:
        found = urljoin(base, href.strip())
    except ValueError:
        return None
    canonical = canonical_url(found)
    return found if canonical and urlsplit(canonical).path else None  # the front page is no article's name
