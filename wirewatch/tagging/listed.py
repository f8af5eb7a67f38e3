"""Actors of the knowledge base in a text: by alias, by office, as a state that acts."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from wirewatch.knowledge.model import Actor
from wirewatch.tagging.lexicon import Alias, Lexicon
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.tokens import fold
from wirewatch.tagging.vocabulary import (
    ACTS,
    ACTS_WEAK,
    ARMED,
    COMPANY,
    DEEDS,
    FUNCTION,
    GIVEN,
    GOVERNMENT,
    MOVES,
    SPORT,
    TITLES,
)

LOWER_STARTS = frozenset({"al", "el", "ash", "as", "ar", "an", "ansar", "bin"})


LEADING = frozenset({"president", "prime minister", "chancellor", "premier", "king", "supreme leader", "emir"})
REGIME = frozenset({"regime", "government", "administration"})


class Listed(NamedTuple):
    """An actor of the knowledge base at words ``first``..``first + n - 1``; ``why`` says by what."""

    first: int
    n: int
    actor: Actor
    why: str
    confidence: float = 0.95


class State(NamedTuple):
    """A country or its people named in the text: ``codes`` are the countries it can be."""

    first: int
    n: int
    codes: tuple[str, ...]
    demonym: bool


def find_aliases(reading: Reading, lexicon: Lexicon, day: date | None) -> list[Listed]:
    """Each longest alias in the text that its conditions allow, from left to right."""
    found: list[Listed] = []
    context: _Context | None = None
    tokens, folded, capital = reading.tokens, reading.tokens.folded, reading.capital
    aliases, longest, starts = lexicon.aliases, lexicon.longest, lexicon.starts
    behind = 0
    small = (i - 1 for i in reading.capitals if i and not capital[i - 1] and folded[i - 1] in LOWER_STARTS)
    for i in sorted({*reading.capitals, *small}):
        if i < behind or folded[i] not in starts:
            continue
        for n in range(min(longest.get(folded[i], 1), len(tokens) - i), 0, -1):
            choices = aliases.get(tokens.join(i, n))
            if choices is None or not _stays_together(reading, i, n):
                continue
            fitting = [a for a in choices if _written_so(reading, i, n, a)]
            if not fitting:
                continue
            context = context or _Context(reading, lexicon)
            chosen = _choose(fitting, context, day)
            if chosen is not None:
                found.append(Listed(i, n, chosen.actor, _why(chosen)))
                behind = i + n
                break
    return found


def _stays_together(reading: Reading, i: int, n: int) -> bool:
    tokens = reading.tokens
    return n == 1 or all(tokens.joins(k) and k not in tokens.possessive for k in range(i, i + n - 1))


def find_surnames(reading: Reading, listed: list[Listed]) -> list[Listed]:
    """The people named in full, where their last name stands alone."""
    _tokens, folded = reading.tokens, reading.tokens.folded
    taken = {i for hit in listed for i in range(hit.first, hit.first + hit.n)}
    owners: dict[str, set[str]] = {}
    full: dict[str, Listed] = {}
    for hit in listed:
        if hit.actor.kind == "person" and hit.n > 1:
            surname = folded[hit.first + hit.n - 1]
            owners.setdefault(surname, set()).add(hit.actor.id)
            full.setdefault(surname, hit)
    if not full:
        return []
    found = []
    for i in reading.capitals:
        word = folded[i]
        if word not in full or i in taken or len(owners[word]) > 1:
            continue
        if not _part_of_another_name(reading, i):
            hit = full[word]
            found.append(Listed(i, 1, hit.actor, f"the last name of {reading.words(hit.first, hit.n)}", 0.85))
    return found


def _why(alias: Alias) -> str:
    base = f"“{alias.name}” is a name of {alias.actor.name}"
    if alias.condition is None:
        return base
    return f"{base} in an article that names {', '.join((*alias.condition.countries, *alias.condition.words)[:4])}"


def _written_so(reading: Reading, i: int, n: int, alias: Alias) -> bool:
    tokens = reading.tokens
    if alias.cased is not None:
        return " ".join(tokens.words[i : i + n]).replace(".", "") == alias.cased
    if i in reading.shouted and n == 1 and len(tokens.words[i]) < 5:
        return False
    if n > 1:
        last = i + n - 1
        ends_in_capital = alias.name.split()[-1][:1].isupper()
        return reading.capital[last] or not ends_in_capital or tokens.folded[last] in GOVERNMENT
    return not (alias.actor.kind == "person" and _part_of_another_name(reading, i))


def _part_of_another_name(reading: Reading, i: int) -> bool:
    tokens, folded = reading.tokens, reading.tokens.folded
    if i > 0 and tokens.joins(i - 1) and reading.capital[i - 1] and (i - 1) not in tokens.possessive:
        before = folded[i - 1]
        a_name = before not in TITLES and before not in FUNCTION and not _adjective(before)
        if a_name and tokens.gap(i - 1) != "-" and (before in GIVEN or (i - 1) not in reading.initial):
            return True
    after = i + 1
    return (
        after < len(tokens)
        and i not in tokens.possessive
        and tokens.gap(i) == " "
        and reading.capital[after]
        and i not in reading.shouted
        and folded[after] not in FUNCTION
        and folded[after] not in GOVERNMENT
        and folded[after] not in ACTS
        and after not in reading.initial
        and not _headline_at(reading, i)
    )


def _adjective(word: str) -> bool:
    return word.endswith(("an", "ish", "ese", "i", "former", "late"))


def _headline_at(reading: Reading, i: int) -> bool:
    return reading.tokens.ends[i] <= reading.title_end


class _Context:
    """What conditions ask about: the words of the text and the countries it names."""

    def __init__(self, reading: Reading, lexicon: Lexicon) -> None:
        self.words = frozenset(reading.tokens.folded)
        self._folded_text: str | None = None
        self._reading = reading
        self._lexicon = lexicon
        self._countries: frozenset[str] | None = None

    @property
    def countries(self) -> frozenset[str]:
        if self._countries is None:
            states = find_states(self._reading, self._lexicon)
            self._countries = frozenset(code for state in states for code in state.codes)
            capitals = self._lexicon.capitals
            self._countries |= {capitals[word] for word in self.words if word in capitals}
        return self._countries

    def has(self, word: str) -> bool:
        folded = fold(word)
        if " " not in folded:
            return folded in self.words
        if self._folded_text is None:
            self._folded_text = f" {' '.join(self._reading.tokens.folded)} "
        return f" {folded} " in self._folded_text


def _choose(aliases: list[Alias], context: _Context, day: date | None) -> Alias | None:
    allowed = [
        a
        for a in aliases
        if a.condition is None
        or any(code in context.countries for code in a.condition.countries)
        or any(context.has(word) for word in a.condition.words)
    ]
    if not allowed:
        return None
    alive = [a for a in allowed if day is None or a.actor.since is None or a.actor.since <= day] or allowed
    return max(alive, key=lambda a: (a.condition is not None, any(c in context.countries for c in a.actor.countries)))


def find_states(reading: Reading, lexicon: Lexicon) -> list[State]:
    """Countries and demonyms by their names, longest first, from left to right."""
    found: list[State] = []
    tokens, folded = reading.tokens, reading.tokens.folded
    demonyms, names, longest = lexicon.demonyms, lexicon.country_names, lexicon.longest
    behind = 0
    for i in reading.capitals:
        if i < behind or folded[i] not in lexicon.state_starts:
            continue
        for n in range(min(longest.get(folded[i], 1), len(tokens) - i), 0, -1):
            word = tokens.join(i, n)
            codes = names.get(word) or demonyms.get(word)
            if codes is None or not _stays_together(reading, i, n):
                continue
            if n == 1 and len(word) <= 3 and not _is_short_form(reading, i):
                continue
            found.append(State(i, n, tuple(codes), word not in names))
            behind = i + n
            break
    return found


def _is_short_form(reading: Reading, i: int) -> bool:
    word = reading.tokens.words[i]
    return word.replace(".", "").isupper() and ("." in word or i not in reading.shouted)


def find_offices(reading: Reading, lexicon: Lexicon, states: list[State], day: date | None) -> list[Listed]:
    """“The Russian president”, “President of Russia”, “Russia's president”: who it was on the article's day."""
    if day is None:
        return []
    found: list[Listed] = []
    tokens, folded = reading.tokens, reading.tokens.folded
    for state in states:
        if len(state.codes) != 1:
            continue
        code, after = state.codes[0], state.first + state.n
        for n in (4, 3, 2, 1):
            title = tokens.join(after, n) if after + n <= len(tokens) else ""
            if title not in lexicon.office_titles or not tokens.joins(after - 1):
                continue
            behind = after + n
            named = behind < len(tokens) and reading.capital[behind] and tokens.gap(behind - 1) == " "
            held = lexicon.holder(code, title, day)
            if held and not named:
                why = (
                    f"{held.actor.name} was {held.office.title} of {lexicon.countries[code].name} on {day.isoformat()}"
                )
                found.append(Listed(state.first, state.n + n, held.actor, why, 0.85))
            break
        else:
            found.extend(_office_of(reading, lexicon, state, code, day, folded))
    return found


def _office_of(
    reading: Reading, lexicon: Lexicon, state: State, code: str, day: date, folded: list[str]
) -> list[Listed]:
    at = state.first - 1
    if at >= 0 and folded[at] == "the":
        at -= 1
    if at < 1 or folded[at] != "of":
        return []
    for n in (3, 2, 1):
        first = at - n
        title = " ".join(folded[first:at]) if first >= 0 else ""
        if title in lexicon.office_titles:
            held = lexicon.holder(code, title, day)
            behind = state.first + state.n
            if held and not (
                behind < len(folded) and reading.capital[behind] and reading.tokens.gap(behind - 1) == " "
            ):
                why = (
                    f"{held.actor.name} was {held.office.title} of {lexicon.countries[code].name} on {day.isoformat()}"
                )
                return [Listed(first, state.first + state.n - first, held.actor, why, 0.85)]
            return []
    return []


def find_acting_states(reading: Reading, lexicon: Lexicon, states: list[State], taken: set[int]) -> list[Listed]:
    """Countries that act: “Syrian troops”, “Iran, Russia and Turkey agreed”, “Moscow said”, “the war with Israel”."""
    found: list[Listed] = []
    acting = False
    together = _in_company(reading, states)
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
    name = lexicon.countries[code].name if code in lexicon.countries else code
    government, forces = lexicon.government(code), lexicon.armed_forces(code)
    if government is None:
        return None, False
    second = folded[after + 1] if after + 1 < len(tokens) else ""
    if beside and word in GOVERNMENT:
        return Listed(state.first, state.n + 1, government, f"“{word}” of {name}"), False
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


def _is_moved(folded: list[str], state: State) -> bool:
    before = folded[state.first - 1] if state.first else ""
    if before in {"the", "for", "on"} and state.first > 1:
        before = folded[state.first - 2]
    after = folded[state.first + state.n] if state.first + state.n < len(folded) else ""
    return before in MOVES and after in {"to", "not"}


def _is_place_here(reading: Reading, state: State) -> bool:
    before = reading.tokens.folded[state.first - 1] if state.first else ""
    return before in {"in", "from", "to", "of", "across", "into", "near", "at", "for", "on", "within"}


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


def find_surname_regimes(
    reading: Reading, lexicon: Lexicon, taken_people: dict[int, Actor], day: date | None
) -> list[Listed]:
    """“The Assad regime”, “the Biden administration”: the government that this person led."""
    found: list[Listed] = []
    tokens, folded = reading.tokens, reading.tokens.folded
    for i in reading.capitals:
        if i + 1 == len(tokens) or folded[i + 1] not in REGIME or not tokens.joins(i):
            continue
        actor = taken_people.get(i)
        leaders = (
            lexicon.leaders.get(folded[i], []) if actor is None else [(actor, o) for o in actor.offices if o.country]
        )
        led = [(a, o) for a, o in leaders if fold(o.title) in LEADING]
        countries = {o.country for _, o in led if o.country and (day is None or o.since is None or o.since <= day)}
        if len(countries) == 1:
            government = lexicon.government(countries.pop())
            if government is not None:
                found.append(Listed(i, 2, government, f"{led[0][0].name} led this government", 0.9))
    return found
