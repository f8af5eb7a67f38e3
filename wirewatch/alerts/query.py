"""The text of a rule: Lucene's language as people use it, read into a small tree that can be printed again.

    rebels AND "government forces" NOT football      a space between two words means AND
    (ceasefire OR truce) AND title:gaza              title: looks at the headline only
    insurgent*                                       any ending
    "prisoners exchange"~5                           in any order, with at most 5 other words among them

What is mistyped is an error with its place and a suggestion, never quietly another query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from luqum import tree as luqum
from luqum.exceptions import ParseError
from luqum.thread import parse as luqum_parse

from wirewatch.alerts.typing_mistakes import check
from wirewatch.errors import QueryError
from wirewatch.folding import fold

SHORTEST_PREFIX = 2
_AT = re.compile(r"unexpected\s+'([^']*)' at position (\d+)")
_ESCAPE = re.compile(r"\\(.)", re.S)


class Term(msgspec.Struct, frozen=True):
    """Words that stand together: one word is the usual case.

    ``prefix`` says that the last one may go on. With ``within`` they may stand in any order with so many other words
    among them. ``written`` is how the user wrote it, quotes included.
    """

    tokens: tuple[str, ...]
    written: str
    prefix: bool = False
    within: int | None = None
    title: bool = False


class And(msgspec.Struct, frozen=True):
    """All of ``parts``."""

    parts: tuple[Query, ...]


class Or(msgspec.Struct, frozen=True):
    """At least one of ``parts``."""

    parts: tuple[Query, ...]


class Not(msgspec.Struct, frozen=True):
    """Everything without ``part``."""

    part: Query


Query = Term | And | Or | Not


def parse(text: str) -> Query:
    """The tree of ``text``; raises QueryError, which names the place and what to write instead."""
    plain = check(text)
    try:
        parsed = luqum_parse(plain)
    except ParseError as error:
        raise _syntax_error(text, error) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise QueryError(text, 0, f"it cannot be read ({error})", "put what is no operator into quotes") from None
    return _Reader(text).read(parsed, title=False)


def printed(query: Query) -> str:
    """The query as text, with no bracket more than it needs; `parse` makes the same tree of it."""
    match query:
        case Term():
            return _printed_term(query)
        case Not(part):
            return f"NOT {printed(part) if isinstance(part, Term) else _bracketed(part)}"
        case And(parts):
            return " AND ".join(_bracketed(part) if isinstance(part, Or) else printed(part) for part in parts)
        case Or(parts):
            return " OR ".join(map(printed, parts))


def terms(query: Query, *, negated: bool = False) -> Iterator[tuple[Term, bool]]:
    """Every term from left to right, with whether it stands under a NOT."""
    match query:
        case Term():
            yield query, negated
        case Not(part):
            yield from terms(part, negated=not negated)
        case And(parts) | Or(parts):
            for part in parts:
                yield from terms(part, negated=negated)


def is_broad(query: Query) -> bool:
    """Whether a text without any of the query's words can meet it, as "NOT football" is met by nearly all there is."""
    match query:
        case Term(tokens, prefix=prefix):
            return prefix and len(tokens) == 1 and len(tokens[0]) < SHORTEST_PREFIX
        case Not():
            return True
        case And(parts):
            return all(map(is_broad, parts))
        case Or(parts):
            return any(map(is_broad, parts))


def _bracketed(query: Query) -> str:
    return f"({printed(query)})"


def _printed_term(term: Term) -> str:
    near = "" if term.within is None else f"~{term.within}"
    return f"{'title:' if term.title else ''}{term.written}{near}"


def _syntax_error(text: str, error: ParseError) -> QueryError:
    said = _AT.search(str(error))
    if said is None:
        return QueryError(
            text, len(text.rstrip()), "something is missing at the end", "finish the query or leave it out"
        )
    word, position = said[1], int(said[2])
    if word in ("AND", "OR"):
        return QueryError(text, position, f"{word} needs a word on each side", f'to look for the word, write "{word}"')
    return QueryError(text, position, f"{word!r} is not expected here", "put it into quotes to look for it")


class _Reader:
    """Turns luqum's tree into ours."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, node: luqum.Item, *, title: bool) -> Query:
        """Our tree of ``node``, whose words are looked for in the title only where ``title``."""
        match node:
            case luqum.Word() | luqum.Phrase():
                return self._term(node, title, None)
            case luqum.Proximity():
                return self._term(node.children[0], title, int(node.degree))
            case luqum.SearchField():
                return self._field(node, title)
            case luqum.Group() | luqum.FieldGroup():
                return self.read(node.children[0], title=title)
            case luqum.Not():
                return Not(self.read(node.children[0], title=title))
            case luqum.AndOperation():
                return And(self._parts(node, title, And))
            case luqum.OrOperation():
                return Or(self._parts(node, title, Or))
            case luqum.UnknownOperation():
                self._only_one_meaning(node)
                return And(self._parts(node, title, And))
            case luqum.Fuzzy():
                raise self._wrong(node, "~ belongs behind a phrase", 'write "two words"~3, or word* for any ending')
            case _:
                raise self._wrong(node, "this is no query of words", "put it into quotes to look for it")

    def _parts(self, node: luqum.Item, title: bool, kind: type[And] | type[Or]) -> tuple[Query, ...]:
        parts: list[Query] = []
        for child in node.children:
            part = self.read(child, title=title)
            parts += part.parts if isinstance(part, kind) else [part]
        return tuple(parts)

    def _field(self, node: luqum.SearchField, title: bool) -> Query:
        if title:
            raise self._wrong(node, "title: inside title:", "leave the inner one out")
        return self.read(node.children[0], title=True)

    def _only_one_meaning(self, node: luqum.Item) -> None:
        for child in node.children:
            if isinstance(child, luqum.OrOperation):
                raise self._wrong(
                    child, "a space and OR side by side can be read in two ways", "write (a b) OR c, or a (b OR c)"
                )

    def _term(self, node: luqum.Item, title: bool, within: int | None) -> Term:
        written = str(node.value)
        quoted = isinstance(node, luqum.Phrase)
        said = _ESCAPE.sub(r"\1", written[1:-1] if quoted else written)
        prefix = not quoted and written.endswith("*")
        tokens = tuple(fold(said.removesuffix("*") if prefix else said).tokens)
        if not tokens:
            raise self._wrong(node, f"{written} has no letter or digit", "leave it out")
        if within is not None and len(tokens) < 2:
            raise self._wrong(node, "~ needs a phrase of two words or more", 'write "two words"~3')
        return Term(tokens, written, prefix, within, title)

    def _wrong(self, node: luqum.Item, why: str, instead: str) -> QueryError:
        position = node.pos if isinstance(node.pos, int) else 0
        return QueryError(self._text, position, why, instead)
