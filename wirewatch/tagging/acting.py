"""States that act: where a country or its capital stands for its government or its forces."""

from __future__ import annotations

from itertools import zip_longest

from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.listed import Listed
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.states import State
from wirewatch.tagging.vocabulary import (
    ACTS,
    ACTS_WEAK,
    ARMED,
    COMPANY,
    DEEDS,
    FUNCTION,
    GOVERNMENT,
    MOVES,
    SPORT,
    TITLES,
)

PARTY_BEFORE = frozenset(
    [
        "conflict",
        "war",
        "wars",
        "talks",
        "deal",
        "agreement",
        "ties",
        "relations",
        "sanctions",
        "tensions",
        "dispute",
        "negotiations",
        "alliance",
        "ceasefire",
        "border-dispute",
        "truce",
        "treaty",
        "pact",
        "attack",
        "attacks",
        "strike",
        "strikes",
        "pressure",
        "support",
        "help",
        "aid",
        "assistance",
    ]
)

INSERTION_WORDS = 12

ARMED_BODIES = frozenset({"army", "military", "troops", "forces", "soldiers", "navy"})
"""What a state owns and not only does: “Sudan's army” is its army, “Sudan's strikes” are a deed."""


def find_acting_states(reading: Reading, lexicon: Lexicon, states: list[State], taken: set[int]) -> list[Listed]:
    """Countries that act: “Syrian troops”, “Iran, Russia and Turkey agreed”, “Moscow said”, “the war with Israel”."""
    found: list[Listed] = []
    acting = False
    together = _in_company(reading, states) | _subjects_of_headline(reading, states, taken)
    for position in range(len(states) - 1, -1, -1):
        state = states[position]
        if len(state.codes) != 1 or state.first in taken:
            continue
        code = state.codes[0]
        follower = states[position + 1] if position + 1 < len(states) else None
        beside_actor = (acting and _in_list(reading, state, follower)) or state.first in together
        listed, acting = _acting(reading, lexicon, state, code, beside_actor)
        if listed is not None:
            found.append(listed)
    found.extend(_speaking_capitals(reading, lexicon, taken))
    return found


def _subjects_of_headline(reading: Reading, states: list[State], taken: set[int]) -> set[int]:
    """First words of the states that begin a headline: “United States and Britain bomb”, “Israel and Hamas agree”.

    Only two or more in company: a word behind a single name may be a noun (“Turkey dinner”).
    """
    tokens = reading.tokens
    chain: list[State] = []
    for state in states:
        if state.demonym or tokens.ends[state.first] > reading.title_end:
            break
        if chain and not _in_list(reading, chain[-1], state):
            break
        chain.append(state)
    if not chain or chain[0].first != 0:
        return set()
    after = chain[-1].first + chain[-1].n
    if after + 1 >= len(tokens) or tokens.ends[after] > reading.title_end:
        return set()
    with_actor = tokens.folded[after] == "and" and after + 1 in taken
    acts = len(chain) > 1 and not reading.capital[after] and tokens.folded[after] not in FUNCTION
    return {state.first for state in chain} if with_actor or acts else set()


def _in_list(reading: Reading, state: State, follower: State | None) -> bool:
    if follower is None:
        return False
    between = reading.tokens.folded[state.first + state.n : follower.first]
    gap = reading.text[reading.tokens.ends[state.first + state.n - 1] : reading.tokens.starts[follower.first]]
    return between in ([], ["and"], ["or"], ["the"], ["and", "the"]) and (
        gap.strip() in {",", "and", ", and"} or "," in gap
    )


def find_named_states(lexicon: Lexicon, states: list[State], organisations: set[int]) -> list[Listed]:
    """Countries that the model takes for organisations: they act there."""
    found = []
    for state in states:
        if state.first in organisations and not state.demonym and len(state.codes) == 1:
            government = lexicon.government(state.codes[0])
            if government is not None:
                found.append(Listed(state.first, state.n, government, "the model takes it for an actor here", 0.6))
    return found


def _in_company(reading: Reading, states: list[State]) -> set[int]:
    """First words of the states in lists such as “the coalition includes Australia, Bahrain and Canada”."""
    together: set[int] = set()
    chain: list[State] = []
    for one, two in zip_longest(states, states[1:]):
        chain.append(one)
        if two is not None and _in_list(reading, one, two):
            continue
        if len(chain) >= 3:
            start = chain[0].first
            ahead = reading.tokens.folded[max(0, start - 3) : start]
            if any(word in COMPANY for word in ahead):
                together.update(state.first for state in chain)
        chain = []
    return together


def is_about_sport(reading: Reading) -> bool:
    """Whether countries are teams here."""
    return sum(map(SPORT.__contains__, reading.tokens.folded)) >= max(6, len(reading.tokens) // 60)


def _acting(
    reading: Reading, lexicon: Lexicon, state: State, code: str, listed_before: bool
) -> tuple[Listed | None, bool]:
    tokens, folded = reading.tokens, reading.tokens.folded
    after = state.first + state.n
    word = folded[after] if after < len(tokens) else ""
    beside = after < len(tokens) and tokens.joins(after - 1)
    owns = after - 1 in tokens.possessive and word in ARMED_BODIES
    name = lexicon.countries[code].name if code in lexicon.countries else code
    government, forces = lexicon.government(code), lexicon.armed_forces(code)
    if government is None:
        return None, False
    second = folded[after + 1] if after + 1 < len(tokens) else ""
    if beside and word in GOVERNMENT:
        return Listed(state.first, state.n + 1, government, f"“{word}” of {name}"), False
    if forces and owns:
        return Listed(state.first, state.n + 1, forces, f"the “{word}” of {name}"), False
    if (
        beside
        and forces
        and (word in ARMED or (second in ARMED and word in {"armed", "government", "security", "air", "special"}))
    ):
        n = 1 if word in ARMED else 2
        return Listed(state.first, state.n + n, forces, f"“{word}” of {name}"), False
    if state.demonym:
        return None, False
    why = ""
    if after - 1 in tokens.possessive:
        if word in TITLES or second in TITLES or word in DEEDS:
            why = f"an office or deed of {name}"
    elif beside and word in ACTS and not (word in ACTS_WEAK and _is_place_here(reading, state)):
        why = f"{name} acts: “{word}”"
    elif verb := _behind_an_insertion(reading, after):
        why = f"{name} acts: “{verb}”"
    elif listed_before:
        why = f"{name} acts together with the states named beside it"
    elif beside and word in DEEDS and tokens.words[state.first].replace(".", "").isupper():
        why = f"a deed of {name}: “{word}”"
    elif _is_moved(folded, state):
        why = f"{name} is moved to act"
    elif state.first and folded[state.first - 1] in {"pro", "anti"} and tokens.gap(state.first - 1) == "-":
        why = f"for or against {name}"
    elif _is_party(reading, state):
        why = f"{name} is a party here"
    if why:
        return Listed(state.first, state.n, government, why, 0.75), not _is_party(reading, state) or True
    return None, False


def _behind_an_insertion(reading: Reading, after: int) -> str:
    """The verb in “India, supported by China, demanded”, and “Rwanda, which denies this, said”; empty if none."""
    tokens, folded = reading.tokens, reading.tokens.folded
    if tokens.gap(after - 1) != ", " or after >= len(tokens) or not _inserts(folded[after]):
        return ""
    for k in range(after, min(after + INSERTION_WORDS, len(tokens) - 1)):
        gap = tokens.gap(k)
        if gap.startswith(","):
            verb = folded[k + 1]
            return verb if verb in ACTS and verb not in ACTS_WEAK else ""
        if any(mark in gap for mark in ".;:!?—"):
            return ""
    return ""


def _inserts(word: str) -> bool:
    return word in {"which", "whose", "backed"} or word.endswith("ed")


def _is_moved(folded: list[str], state: State) -> bool:
    before = folded[state.first - 1] if state.first else ""
    if before in {"the", "for", "on"} and state.first > 1:
        before = folded[state.first - 2]
    after = folded[state.first + state.n] if state.first + state.n < len(folded) else ""
    return before in MOVES and after in {"to", "not"}


def _is_place_here(reading: Reading, state: State) -> bool:
    before = reading.tokens.folded[state.first - 1] if state.first else ""
    return before in {"in", "from", "to", "of", "across", "into", "near", "at", "for", "on", "within"}


def _is_party(reading: Reading, state: State) -> bool:
    folded = reading.tokens.folded
    before = folded[state.first - 1] if state.first else ""
    earlier = folded[state.first - 2] if state.first > 1 else ""
    if before in {"with", "against", "between"}:
        return earlier in PARTY_BEFORE or before == "against"
    if before == "by" and earlier.endswith("ed"):
        return True
    if before == "with" and state.first + state.n < len(folded):
        return folded[state.first + state.n].endswith("ed")
    return before == "of" and earlier in {
        "ministers",
        "minister",
        "leaders",
        "presidents",
        "government",
        "governments",
        "ambassador",
    }


def _speaking_capitals(reading: Reading, lexicon: Lexicon, taken: set[int]) -> list[Listed]:
    found = []
    tokens, folded = reading.tokens, reading.tokens.folded
    for i in reading.capitals:
        if folded[i] not in lexicon.capital_starts or i in taken:
            continue
        for n in (2, 1):
            code = lexicon.capitals.get(tokens.join(i, n)) if i + n < len(tokens) else None
            if code is None or not tokens.joins(i + n - 1):
                continue
            word = folded[i + n]
            before = folded[i - 1] if i else ""
            if (
                word in ACTS
                and word not in ACTS_WEAK
                and before not in {"in", "from", "to", "near", "of", "at", "around"}
            ):
                government = lexicon.government(code)
                if government is not None:
                    found.append(Listed(i, n, government, f"the capital stands for its government: “{word}”", 0.7))
            break
    return found


def find_unnamed_government(reading: Reading, lexicon: Lexicon, code: str, taken: set[int]) -> list[Listed]:
    """“Government forces” and “the government” in an article that is clearly about the country ``code``."""
    found: list[Listed] = []
    tokens, folded = reading.tokens, reading.tokens.folded
    government, forces = lexicon.government(code), lexicon.armed_forces(code)
    if government is None or forces is None:
        return []
    name = lexicon.countries[code].name
    for i in range(1, len(folded) if "government" in folded else 0):
        if folded[i] != "government" or i in taken:
            continue
        before, after = folded[i - 1], folded[i + 1] if i + 1 < len(tokens) else ""
        if after in {"forces", "troops", "soldiers"} and before not in {"local", "pro", "anti"}:
            found.append(Listed(i, 2, government, f"the article is about {name}, whose forces these are", 0.6))
        elif before == "the" and (after in ACTS or after in {"in", "had", "to"} or tokens.gap(i) in {".", ", "}):
            found.append(Listed(i, 1, government, f"the article is about {name}, the only government in question", 0.6))
    return found
