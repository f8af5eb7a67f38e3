"""The text condition: whether a query holds for an article, and which words of it make it hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wirewatch.alerts.query import And, Not, Or, Query, Term, terms
from wirewatch.alerts.seen import Field, Seen
from wirewatch.models import Reason

BOTH: tuple[Field, ...] = ("title", "text")
TITLE: tuple[Field, ...] = ("title",)


def holds(query: Query, seen: Seen) -> bool:
    """Whether the article meets ``query``."""
    match query:
        case Term(tokens, prefix=False) if len(tokens) == 1:
            return tokens[0] in (seen.title_words if query.title else seen.words)
        case Term():
            return find(query, seen) is not None
        case And(parts):
            return all(holds(part, seen) for part in parts)
        case Or(parts):
            return any(holds(part, seen) for part in parts)
        case Not(part):
            return not holds(part, seen)


def find(term: Term, seen: Seen) -> tuple[Field, list[int]] | None:
    """The first place where ``term`` stands: the field, and the numbers of its tokens there."""
    for field in TITLE if term.title else BOTH:
        there = seen.title_words if field == "title" else seen.words
        firm = term.tokens[:-1] if term.prefix else term.tokens
        if all(token in there for token in firm):
            found = next(_places(term, seen.folded(field).tokens), None)
            if found is not None:
                return field, found
    return None


def reasons(query: Query, seen: Seen) -> Iterator[Reason]:
    """A reason for each term of ``query`` that the article has and that speaks for it."""
    for term, negated in terms(query):
        if negated:
            continue
        if term not in seen.shown:  # many rules ask for the same words
            seen.shown[term] = _reason(term, seen)
        if (reason := seen.shown[term]) is not None:
            yield reason


def _reason(term: Term, seen: Seen) -> Reason | None:
    found = find(term, seen)
    if found is None:
        return None
    field, numbers = found
    spans = tuple(seen.span(field, number) for number in numbers)
    start, sentence = seen.sentence(field, spans[0][0])
    text = seen.folded(field).text
    return Reason("text", tuple(text[a:b] for a, b in spans), spans, field, sentence, start, asked=term.written)


def _places(term: Term, tokens: list[str]) -> Iterator[list[int]]:
    if term.within is not None:
        yield from _near_each_other(term.tokens, term.within, tokens)
        return
    first, length = term.tokens[0], len(term.tokens)
    if length == 1 and term.prefix:
        yield from ([i] for i, token in enumerate(tokens) if token.startswith(first))
        return
    for i in _all_of(first, tokens):
        rest = tokens[i + 1 : i + length]
        wanted = term.tokens[1:]
        if len(rest) == len(wanted) and (
            tuple(rest) == wanted
            or (term.prefix and tuple(rest[:-1]) == wanted[:-1] and rest[-1].startswith(wanted[-1]))
        ):
            yield list(range(i, i + length))


def _all_of(token: str, tokens: list[str]) -> Iterator[int]:
    at = -1
    while True:
        try:
            at = tokens.index(token, at + 1)
        except ValueError:
            return
        yield at


def _near_each_other(wanted: Sequence[str], within: int, tokens: Sequence[str]) -> Iterator[list[int]]:
    """Windows that hold all of ``wanted``, in any order, with at most ``within`` others between first and last."""
    need = Counter(wanted)
    spots = [i for i, token in enumerate(tokens) if token in need]
    longest = len(wanted) + within
    for at, first in enumerate(spots):
        left = need.copy()
        taken: list[int] = []
        for i in spots[at:]:
            if i - first >= longest:
                break
            if left[tokens[i]] > 0:
                left[tokens[i]] -= 1
                taken.append(i)
                if len(taken) == len(wanted):
                    yield taken
                    return
