"""Feeds as OPML, in which readers and newsrooms hand each other their lists (opml.org/spec2.opml). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from lxml import etree

from wirewatch.errors import FeedListError
from wirewatch.feeds.listed import Feed, domain_of, without_password
from wirewatch.text import canonical_url

_LIMIT = 10_000


def read_opml(data: bytes, where: str) -> tuple[list[Feed], list[str]]:
    """The feeds of an OPML file, each once, and what was left out, in words; folders and categories become tags.

    Raises FeedListError for what is no OPML.
    """
    try:
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise FeedListError(where, f"is no OPML: {' '.join(str(error).split())[:150]}") from None
    if root is None or root.tag.rpartition("}")[2].lower() != "opml":
        raise FeedListError(where, "is no OPML: it does not begin with <opml>")
    feeds: dict[str, Feed] = {}
    left_out: list[str] = []
    for outline, folders in _outlines(root):
        url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        if not url:
            continue
        if canonical_url(url) is None:
            left_out.append(f"{without_password(url)[:100]} is no http or https address")
            continue
        feed = _feed(outline, url, folders)
        if feed.id in feeds:
            left_out.append(f"{feed.name} is there more than once")
        feeds.setdefault(feed.id, feed)
    return list(feeds.values()), left_out


def write_opml(feeds: Sequence[Feed], title: str = "wirewatch") -> str:
    """``feeds`` as OPML 2.0, without passwords; the first tag is the folder, all are categories."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', f"  <head><title>{title}</title></head>"]
    lines.append("  <body>")
    for folder in dict.fromkeys(feed.tags[0] if feed.tags else "" for feed in feeds):
        inside = [feed for feed in feeds if (feed.tags[0] if feed.tags else "") == folder]
        indent = "    "
        if folder:
            lines.append(f"    <outline text={quoteattr(folder)}>")
            indent = "      "
        lines += [indent + _outline(feed) for feed in inside]
        if folder:
            lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def toml_of(feeds: Sequence[Feed]) -> str:
    """``feeds`` as they stand in a feeds.toml."""
    return "\n".join("\n".join(["[[feed]]", *_keys(feed), ""]) for feed in feeds)


def _keys(feed: Feed) -> Iterator[str]:
    fresh = Feed(feed.url, feed.name)
    for name in ("name", "url", *(f for f in Feed.__struct_fields__ if f not in ("name", "url"))):
        value = getattr(feed, name)
        if name in ("name", "url") or value != getattr(fresh, name):
            yield f"{name} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _outline(feed: Feed) -> str:
    fields = {
        "type": "rss",
        "text": feed.name,
        "xmlUrl": without_password(feed.url),
        "htmlUrl": f"https://{feed.domain}" if feed.domain else None,
        "language": feed.language,
        "category": ",".join(feed.tags) or None,
    }
    return "<outline " + " ".join(f"{name}={quoteattr(value)}" for name, value in fields.items() if value) + "/>"


def _outlines(root: etree._Element) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    """Every outline with the folders that it lies in, the outermost first."""
    for count, outline in enumerate(root.iter("{*}outline", "outline")):
        if count >= _LIMIT:
            return
        above = [one for one in outline.iterancestors() if one.tag.rpartition("}")[2] == "outline"]
        names = (one.get("text") or one.get("title") or "" for one in reversed(above) if not one.get("xmlUrl"))
        yield outline, tuple(name.strip() for name in names if name.strip())


def _feed(outline: etree._Element, url: str, folders: tuple[str, ...]) -> Feed:
    name = " ".join((outline.get("text") or outline.get("title") or domain_of(url)).split())[:300]
    categories = tuple(part.strip("/ ") for part in (outline.get("category") or "").split(","))
    tags = tuple(dict.fromkeys(tag[:300] for tag in (*folders, *categories) if tag))
    language = (outline.get("language") or "").partition("-")[0].lower()
    page = outline.get("htmlUrl")
    return Feed(
        url,
        name or domain_of(url),
        language=language if language.isalpha() and language.isascii() and len(language) in (2, 3) else None,
        tags=tags,
        domain=(domain_of(page) or None) if page else None,
    )
