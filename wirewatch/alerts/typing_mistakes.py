"""What people type that the query language does not mean: found before it could become another query."""

from __future__ import annotations

import re
from collections.abc import Callable

from wirewatch.errors import QueryError

LONGEST_QUERY = 10_000
DEEPEST = 40
"""Brackets within brackets."""

_QUOTES = str.maketrans("“”„‟«»", '""""""')
_PIECE = re.compile(r'"(?:\\.|[^"\\])*"(?:~[\d.]*)?|[()]|(?:\\.|[^\s()"\\])+|\\', re.S)
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_FIELD = re.compile(r"(?:\\.|[^\\:])*?:")
_BARE = re.compile(r"[^\\](?P<mark>[~^?{}\[\]])")


class _Said(Exception):  # never leaves this module
    def __init__(self, why: str, instead: str, offset: int = 0) -> None:
        super().__init__(why)
        self.why, self.instead, self.offset = why, instead, offset


def check(text: str) -> str:
    """``text`` with straight quotes, of the same length; raises QueryError for what is likely mistyped."""
    plain = text.translate(_QUOTES)
    if not plain.strip():
        raise QueryError(text, 0, "there is no query", "write at least one word")
    if len(plain) > LONGEST_QUERY:
        raise QueryError(text, LONGEST_QUERY, "it is too long", f"stay below {LONGEST_QUERY} characters")
    pieces = [(match.start(), match.group()) for match in _PIECE.finditer(plain)]
    _quotes_closed(text, plain, pieces)
    _brackets_closed(text, pieces)
    for number, (start, piece) in enumerate(pieces):
        before = pieces[number - 1][1] if number else None
        after = pieces[number + 1][1] if number + 1 < len(pieces) else None
        for look in _LOOKS:
            try:
                look(piece, before, after)
            except _Said as said:
                raise QueryError(text, start + said.offset, said.why, said.instead) from None
    return plain


def _quotes_closed(text: str, plain: str, pieces: list[tuple[int, str]]) -> None:
    read = 0
    for start, piece in pieces:
        if '"' in plain[read:start]:
            break
        read = start + len(piece)
    opened = plain.find('"', read)
    if opened >= 0:
        raise QueryError(text, opened, "this quote is not closed", 'add " behind the last word of the phrase')


def _brackets_closed(text: str, pieces: list[tuple[int, str]]) -> None:
    opened: list[int] = []
    for number, (start, piece) in enumerate(pieces):
        if piece == "(":
            opened.append(start)
            if len(opened) > DEEPEST:
                raise QueryError(text, start, "too many brackets within brackets", "use fewer")
        elif piece == ")":
            if not opened:
                raise QueryError(text, start, "this bracket was never opened", "leave it out or add (")
            if pieces[number - 1][1] == "(":
                raise QueryError(text, opened[-1], "there is nothing in these brackets", "leave them out")
            opened.pop()
    if opened:
        raise QueryError(text, opened[-1], "this bracket is not closed", "add ) where the group ends")


def _operators(piece: str, before: str | None, after: str | None) -> None:
    if piece in ("&&", "&"):
        raise _Said(f"{piece} is no operator", "write AND")
    if piece in ("||", "|"):
        raise _Said(f"{piece} is no operator", "write OR")
    for doubled, word in (("&&", "AND"), ("||", "OR")):
        if doubled in piece and not piece.startswith('"'):
            raise _Said(f"{doubled} is no operator", f"write {word} with spaces around it", piece.index(doubled))
    if piece == after == "NOT":
        raise _Said("NOT stands twice", "leave both out")
    word = piece.upper()
    if piece != word and word in _OPERATORS and after is not None and (before is not None or word == "NOT"):
        raise _Said(
            f"{piece!r} between two terms: is it an operator?", f'write {word}, or "{piece}" in quotes for the word'
        )


def _signs(piece: str, _before: str | None, _after: str | None) -> None:
    sign, rest = piece[0], piece[1:]
    if sign == "!" or (sign == "-" and rest):
        raise _Said(f"{sign} does not mean NOT here", f"write NOT {rest}".rstrip())
    if sign == "+" and rest:
        raise _Said("+ is not needed: every word must be there anyway", f"write {rest}")
    if sign in "/<>[{":
        raise _Said(f"{sign} begins nothing that a rule knows", "put it into quotes to look for the words")


def _fields(piece: str, _before: str | None, after: str | None) -> None:
    if piece[0] == '"' or not (field := _FIELD.match(piece)):
        return
    name, value = field.group()[:-1], piece[field.end() :]
    if name != "title":
        if name.lower() == "title":
            raise _Said(f"{name}: is not known", f"write title:{value}")
        if name in ("actor", "actors", "place", "near", "source", "language", "country"):
            raise _Said(f"{name}: is no part of the text", "it is a condition of its own beside the query")
        raise _Said(f"there is no field {name!r}, only title:", f'write "{piece}" in quotes to look for it')
    if not value and after not in ("(",) and not (after or "").startswith('"'):
        raise _Said("title: needs a word right behind it", 'write title:word, title:(...) or title:"..."')
    if ":" in re.sub(r"\\.", "", value):
        raise _Said("there are two colons", f'write title:"{value}" in quotes to look for it')
    if value and value[0] in "-+!/<>[{&|":
        raise _Said(f"{value[0]} cannot stand here", f'write title:"{value}" in quotes to look for it', len(name) + 1)


def _nearness(piece: str, _before: str | None, _after: str | None) -> None:
    tail = piece.rpartition('"')[2]
    if piece[0] == '"' and "." in tail:
        raise _Said(f"{tail} is no number of words", 'write "two words"~3')


def _marks(piece: str, _before: str | None, _after: str | None) -> None:
    if piece[0] == '"':
        return
    if piece == "\\" or (piece.endswith("\\") and not piece.endswith("\\\\")):
        raise _Said("a backslash at the end hides nothing", "leave it out")
    if piece[0] in "*?":
        raise _Said(f"{piece[0]} in front would match nearly everything", "write the beginning of the word and *")
    star = piece.find("*")
    if 0 <= star < len(piece) - 1 and piece[star - 1] != "\\":
        raise _Said("* only ends a word", f"write {piece[:star]}*", star)
    if star > 0 and not piece[star - 1].isalnum():
        raise _Said("* belongs right behind a letter or digit", f"write {piece[:star].rstrip(piece[star - 1])}*", star)
    if star >= 0 and len(piece.removeprefix("title:")) < 3:
        raise _Said(f"{piece} would match nearly everything", "write at least two letters before *", star)
    if found := _BARE.search(piece):
        mark = found["mark"]
        meant = {
            "~": 'write "two words"~3 behind a phrase',
            "^": "leave it out: rules do not weigh words",
            "?": "write the beginning of the word and *",
        }
        raise _Said(
            f"{mark} cannot stand here", meant.get(mark, "put it into quotes to look for it"), found.start() + 1
        )


_LOOKS: tuple[Callable[[str, str | None, str | None], None], ...] = (
    _operators,
    _signs,
    _fields,
    _nearness,
    _marks,
)
