"""The text of a rule: what it means, and what is said about what it cannot mean."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wirewatch.alerts.query import And, Not, Or, Query, Term, is_broad, parse, printed
from wirewatch.errors import QueryError

WORDS = ["rebels", "AT&T", "C++", "U.S.", "al-Assad", "O'Brien", "حمص", "北京", "Élysée", "insurgent*", '"two words"~3']
PIECES = [*WORDS, '"', '"a b"', "AND", "OR", "NOT", "and", "(", ")", "title:", "15:30", "&&", "~", "^2", "*", "-", "+"]
PIECES += ["\\", "/", "[", "<", ":", "“", "!", " ", "  ", "\n"]


def term(word: str, **fields: object) -> Term:
    return Term((word,), fields.pop("written", word), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("rebels", term("rebels")),
        ("a b", And((term("a"), term("b")))),
        ("a AND b OR c", Or((And((term("a"), term("b"))), term("c")))),
        ("a NOT b", And((term("a"), Not(term("b"))))),
        ("(a OR b) AND c", And((Or((term("a"), term("b"))), term("c")))),
        ("ABC*", term("abc", written="ABC*", prefix=True)),
        ("title:(a OR b)", Or((term("a", title=True), term("b", title=True)))),
        ('"x y"~5', Term(("x", "y"), '"x y"', within=5)),
        ("“x y”", Term(("x", "y"), '"x y"')),
        ("al-Assad", Term(("al", "assad"), "al-Assad")),
        (
            "AT&T C++ U.S.",
            And((term("at&t", written="AT&T"), term("c++", written="C++"), term("u.s.", written="U.S."))),
        ),
        ("war and", And((term("war"), term("and")))),
        ('"and"', term("and", written='"and"')),
        ("a\\:b", Term(("a", "b"), "a\\:b")),
    ],
)
def test_what_a_query_means(text: str, tree: Query) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("rebels && homs", 7, "write AND"),
        ("rebels || homs", 7, "write OR"),
        ("rebels&&homs", 6, "write AND"),
        ("rebels and homs", 7, "write AND"),
        ("rebels Or homs", 7, "write OR"),
        ("not rebels", 0, "write NOT"),
        ("at 15:30 today", 3, 'write "15:30" in quotes'),
        ("rebels NOT NOT homs", 7, "leave both out"),
        ("NOT " * 2_000 + "rebels", 0, "leave both out"),
        ("(rebels OR homs", 0, "bracket is not closed"),
        ("rebels OR homs)", 14, "never opened"),
        ('homs "government forces', 5, "quote is not closed"),
        ("rebels AND", 10, "missing at the end"),
        ("rebels AND AND homs", 11, "needs a word on each side"),
        ("a b OR c", 2, "two ways"),
        ("rebels -football", 7, "write NOT football"),
        ("rebels +homs", 7, "not needed"),
        ("*gent", 0, "nearly everything"),
        ("in*rgent", 2, "write in*"),
        ("homs~2", 4, "behind a phrase"),
        ("homs^2", 4, "leave it out"),
        ("actor:hezbollah", 0, "condition of its own"),
        ("Title:homs", 0, "write title:homs"),
        ("[a TO b]", 0, "quotes"),
        ("!!!", 0, "NOT"),
        ("...", 0, "no letter or digit"),
        ("", 0, "no query"),
        ("()", 0, "nothing in these brackets"),
        ('"x"~3', 0, "two words"),
        ('"x y"~1.5', 0, "no number of words"),
        ("(" * 60 + "a" + ")" * 60, 40, "too many brackets"),
        ("a " * 6000, 10_000, "too long"),
    ],
)
def test_what_is_mistyped_is_named_with_its_place_and_what_to_write(text: str, position: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["NOT football", "rebels OR NOT football", "NOT (a b)"])
def test_a_query_that_nearly_everything_meets_is_broad(text: str) -> None:
    assert is_broad(parse(text))


@pytest.mark.parametrize("text", ["rebels", "rebels NOT football", "a OR b", "(a OR NOT b) AND c"])
def test_a_query_that_needs_a_word_is_not(text: str) -> None:
    assert not is_broad(parse(text))


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)
       | st.lists(st.sampled_from(PIECES), max_size=9).map("".join))  # fmt: skip
@example('title:"a"~\u0661')
def test_any_text_is_a_query_that_can_be_printed_and_read_again_or_an_error_with_its_place(text: str) -> None:
    found, error = tried(text)
    if error is not None:
        assert 0 <= error.position <= len(text)
        assert error.instead
        assert "\n" not in str(error)
    else:
        assert found is not None
        assert parse(printed(found)) == found


def tried(text: str) -> tuple[Query | None, QueryError | None]:
    try:
        return parse(text), None
    except QueryError as error:
        return None, error
