"""From HTML, as feeds carry it in titles and summaries, to the text that a reader sees. Pure."""

from __future__ import annotations

import html
import re

from lxml import etree
from lxml import html as lxml_html

from wirewatch.text import clean

_TAG = re.compile(r"<[a-zA-Z/!?][^>]*>")
_MARKUP = re.compile(
    r"</?(?:p|br|a|b|i|em|strong|div|span|img|ul|ol|li|h[1-6]|blockquote|font|table|iframe)\b[^>]*>", re.I
)
_UNSEEN = frozenset({"script", "style", "noscript", "iframe", "object", "embed", "template", "svg", "head", "form"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table"}
    | {"td", "th", "tr", "ul"}
)
_BREAKS = frozenset({"br", "li", "tr", "dd", "dt"})
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")
_PASSES = 2
"""Some feeds escape their HTML twice."""


def text_of(markup: str) -> str:
    """The text of a piece of HTML: blocks on lines of their own, no tags, no scripts, entities resolved, clean."""
    text = markup
    for _ in range(_PASSES):
        if "<" not in text and "&" not in text:
            break
        text = _without_tags(text) if _TAG.search(text) else html.unescape(text)
        if not _MARKUP.search(text):
            break
    text = _LINES.sub("\n", _SPACES.sub(" ", clean(text)))
    return _GAPS.sub("\n\n", text).strip()


def line_of(markup: str) -> str:
    """The same in one line: for titles and names."""
    return " ".join(text_of(markup).split())


def _without_tags(markup: str) -> str:
    try:
        tree = lxml_html.fragment_fromstring(markup.replace("\0", ""), create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return html.unescape(_TAG.sub(" ", markup))
    parts: list[str] = []
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            parts.append(node.tail or "")
            continue
        tag = node.tag
        if event == "start":
            if tag in _UNSEEN:
                for child in list(node):
                    node.remove(child)
                continue
            parts.append("\n" if tag in _BLOCKS else "")
            parts.append(node.text or "")
        else:
            parts.append("\n" if tag in _BLOCKS and tag not in _BREAKS else "")
            if node is not tree:
                parts.append(node.tail or "")
    return "".join(parts)
