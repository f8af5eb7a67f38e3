"""People by their office, and governments by the people who lead them."""

from __future__ import annotations

from datetime import date

from wirewatch.knowledge.model import Actor
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.listed import Listed
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.states import State
from wirewatch.tagging.tokens import fold

LEADING = frozenset({"president", "prime minister", "chancellor", "premier", "king", "supreme leader", "emir"})
REGIME = frozenset({"regime", "government", "administration"})


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
            if held and not named and not _is_past(folded, state.first):
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
            if (
                held
                and not _is_past(folded, first)
                and not (behind < len(folded) and reading.capital[behind] and reading.tokens.gap(behind - 1) == " ")
            ):
                why = (
                    f"{held.actor.name} was {held.office.title} of {lexicon.countries[code].name} on {day.isoformat()}"
                )
                return [Listed(first, state.first + state.n - first, held.actor, why, 0.85)]
            return []
    return []


def _is_past(folded: list[str], first: int) -> bool:
    """“The former president of Nigeria” is somebody else than the president."""
    return first > 0 and folded[first - 1] in {"former", "ex", "late", "ousted", "deposed", "onetime"}


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
