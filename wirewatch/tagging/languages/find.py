"""Names in a text of another language: which places may bear them, which actors of the knowledge base they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from wirewatch.knowledge.model import Actor, ConditionalAlias
from wirewatch.tagging.languages.names import LocalGazetteer
from wirewatch.tagging.languages.tables import Language
from wirewatch.tagging.languages.words import Form, Writing, keys_of, readings_of
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.listed import Listed
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot
from wirewatch.tagging.tokens import fold

LATIN = frozenset({"de", "es", "fr", "pt"})
PROMINENT = 50_000
"""People a place must have for one word to be its name where nothing else tells names from words."""

SHORT = 4
"""Letters from which a name in capitals may be written like any other: Onu is not, Otan is."""


class Name(NamedTuple):
    """One way to write an actor in a language; ``condition`` as in English."""

    actor: Actor
    written: str
    condition: ConditionalAlias | None


class Text(NamedTuple):
    """A text to find names in; ``forms[i]`` are the forms that word i may be listed under."""

    reading: Reading
    forms: list[tuple[Form, ...]]
    capitals: bool

    def whole(self, first: int, n: int) -> bool:
        """Whether the words can be parts of one name, one of them written like a name."""
        tokens, capital = self.reading.tokens, self.reading.capital
        joined = all(tokens.joins(k) or tokens.gap(k) in {" «", " „", " “"} for k in range(first, first + n - 1))
        return joined and (not self.capitals or any(capital[first : first + n]))


def find_spots(
    text: Text, gazetteer: LocalGazetteer, demonyms: dict[str, tuple[str, ...]], cased: dict[str, str]
) -> tuple[list[Spot], dict[int, int]]:
    """The names of places and peoples, longest first; and for their first words the letters that do not belong."""
    spots: list[Spot] = []
    cuts: dict[int, int] = {}
    behind = 0
    for i, forms in enumerate(text.forms):
        if i < behind:
            continue
        for n in range(min(max(gazetteer.longest.get(f.key, 1) for f in forms), len(text.forms) - i), 0, -1):
            read = (
                (_spot(text, i, n, key, gazetteer, demonyms, cased), cut) for key, cut in readings_of(text.forms, i, n)
            )
            found = [(spot, cut) for spot, cut in read if spot is not None]
            if found:
                # What can only be one country is likelier than a town whose name has the same form.
                spot, cuts[i] = next((one for one in found if one[0].fixed), found[0])
                spots.append(spot)
                behind = i + n
                break
    return spots, {i: cut for i, cut in cuts.items() if cut}


def _spot(
    text: Text,
    i: int,
    n: int,
    key: str,
    gazetteer: LocalGazetteer,
    demonyms: dict[str, tuple[str, ...]],
    cased: dict[str, str],
) -> Spot | None:
    mine = key in gazetteer.own
    if text.whole(i, n) and (mine or len(key) >= SHORT) and (key not in cased or _written_as(text, i, cased[key])):
        bearers = gazetteer.bearers(key)
        if bearers.named and (text.capitals or n > 1 or key in gazetteer.sure or bearers.people >= PROMINENT):
            country = mine and len(bearers.named) == 1 and "country" in bearers.levels
            fixed = country or key in gazetteer.sure
            return Spot(i, n, key, "place", (bearers.ranked[0].row,) if fixed else ())
    codes = demonyms.get(key) if n == 1 else None
    if codes:
        rows = tuple(gazetteer.country_rows[code] for code in codes if code in gazetteer.country_rows)
        return Spot(i, 1, key, "demonym", rows) if rows else None
    return None


def _written_as(text: Text, i: int, acronym: str) -> bool:
    word = text.reading.tokens.words[i].replace(".", "")
    return not text.capitals or word.startswith(acronym) or (len(acronym) >= SHORT and word[:1].isupper())


class Actors:
    """The knowledge base's names in one language by key."""

    def __init__(self, language: str, writing: Writing, lexicon: Lexicon, table: Language) -> None:
        self.by_key: dict[str, list[Name]] = defaultdict(list)
        self.longest: dict[str, int] = {}
        unwanted = {k for word in table.no_actors.split() for k in keys_of(writing, word)}
        self.ordinary = frozenset(k for word in table.ordinary.split() for k in keys_of(writing, word)) | unwanted
        for actor in lexicon.actors.values():
            for name in _names_of(actor, language):
                for key in keys_of(writing, name.written):
                    if key not in unwanted and name not in self.by_key[key]:
                        self.by_key[key].append(name)
        for key in self.by_key:
            first, _, rest = key.partition(" ")
            if rest:
                self.longest[first] = max(self.longest.get(first, 1), key.count(" ") + 1)

    def find(self, text: Text, countries: set[str], day: date | None) -> tuple[list[Listed], dict[int, int]]:
        """Each longest name that its condition allows; and for their first words the letters that do not belong."""
        found: list[Listed] = []
        cuts: dict[int, int] = {}
        words = frozenset(text.reading.tokens.folded)
        behind = 0
        for i, forms in enumerate(text.forms):
            if i < behind:
                continue
            for n in range(min(max(self.longest.get(f.key, 1) for f in forms), len(text.forms) - i), 0, -1):
                hit = self._at(text, i, n, countries, words, day)
                if hit is not None:
                    found.append(hit[0])
                    cuts[i] = hit[1]
                    behind = i + n
                    break
        return found, {i: cut for i, cut in cuts.items() if cut}

    def _at(
        self, text: Text, i: int, n: int, countries: set[str], words: frozenset[str], day: date | None
    ) -> tuple[Listed, int] | None:
        for key, cut in readings_of(text.forms, i, n):
            names = [
                name
                for name in self.by_key.get(key, ())
                if _fits(text, i, n, name) and _allowed(name.condition, countries, words)
            ]
            alive = [m for m in names if day is None or m.actor.since is None or m.actor.since <= day] or names
            best = max(alive, key=lambda m: (bool(m.condition), bool(countries & {*m.actor.countries})), default=None)
            if best is not None:
                return Listed(i, n, best.actor, f"“{best.written}” is a name of {best.actor.name}"), cut
        return None

    def find_surnames(self, text: Text, listed: list[Listed]) -> list[Listed]:
        """The people named in full, where their last name stands alone."""
        taken = {i for hit in listed for i in range(hit.first, hit.first + hit.n)}
        owners: dict[str, set[str]] = defaultdict(set)
        full: dict[str, Listed] = {}
        for hit in listed:
            if hit.actor.kind == "person" and hit.n > 1:
                for form in text.forms[hit.first + hit.n - 1]:
                    if not form.cut and (text.capitals or form.key not in self.ordinary):
                        owners[form.key].add(hit.actor.id)
                        full.setdefault(form.key, hit)
        found = []
        for i, forms in enumerate(text.forms):
            key = next((f.key for f in forms if len(owners.get(f.key, ())) == 1), None)
            if key is None or i in taken or (text.capitals and not text.reading.capital[i]):
                continue
            hit = full[key]
            found.append(Listed(i, 1, hit.actor, f"the last name of {text.reading.words(hit.first, hit.n)}", 0.85))
        return found


def _names_of(actor: Actor, language: str) -> Iterable[Name]:
    """The actor's names in the language; in Latin letters English ones too; last names as English allows them."""
    own = actor.names.get(language, ())
    yield from (Name(actor, written, None) for written in own)
    if language in LATIN:
        yield from (Name(actor, written, None) for written in (actor.name, *actor.aliases))
        yield from (Name(actor, c.name, c) for c in actor.conditional if c.countries)
    if actor.kind == "person" and own:
        alone = next((None for alias in actor.aliases if " " not in alias), ...)
        conditions = [c for c in actor.conditional if " " not in c.name and c.countries]
        for written in own:
            if " " in written and (alone is None or conditions):
                yield Name(actor, written.rsplit(" ", 1)[1], None if alone is None else conditions[0])


def _fits(text: Text, i: int, n: int, name: Name) -> bool:
    reading = text.reading
    if n > 1:
        return all(reading.tokens.gap(k).strip() in {"", "-", "«", "„", "“", "–"} for k in range(i, i + n - 1))
    if not text.capitals:
        return True
    if name.written.isupper() and len(name.written) > 1:
        return _written_as(text, i, name.written.replace(".", ""))
    if name.written[0].isupper() and not reading.capital[i]:
        return False
    return name.actor.kind != "person" or not _behind_a_name(text, i)


def _behind_a_name(text: Text, i: int) -> bool:
    """Whether a word written like a given name stands right before: it is somebody else then."""
    reading = text.reading
    return (
        i > 0
        and reading.tokens.gap(i - 1) == " "
        and reading.capital[i - 1]
        and i - 1 not in reading.initial
        and not reading.tokens.words[i - 1].isupper()
    )


def _allowed(condition: ConditionalAlias | None, countries: set[str], words: frozenset[str]) -> bool:
    if condition is None:
        return True
    return not countries.isdisjoint(condition.countries) or any(fold(word) in words for word in condition.words)


def find_states(
    text: Text, lexicon: Lexicon, spots: list[Spot], codes: dict[int, str], nouns: dict[str, str], *, before: bool
) -> list[Listed]:
    """“Gobierno sirio”, “сирийские войска”, “правительство Сирии”: a state's government or forces.

    ``codes`` are the countries by the first words of the spots that are surely one; ``nouns`` say which noun makes
    which actor; ``before``: an adjective may stand before the noun.
    """
    found = []
    by_first = {spot.first: spot for spot in spots if spot.first in codes}
    for i, forms in enumerate(text.forms):
        which = next((nouns[f.key] for f in forms if f.key in nouns), "joint")
        if which == "joint":
            continue
        spot = _owner(text, i, by_first, nouns, before=before)
        if spot is None:
            continue
        code = codes[spot.first]
        actor = lexicon.government(code) if which == "government" else lexicon.armed_forces(code)
        if actor is not None:
            first, end = min(i, spot.first), max(i + 1, spot.first + spot.n)
            noun, name = text.reading.tokens.words[i], lexicon.countries[code].name
            found.append(Listed(first, end - first, actor, f"“{noun}” of {name}", 0.85))
    return found


def _owner(text: Text, i: int, by_first: dict[int, Spot], nouns: dict[str, str], *, before: bool) -> Spot | None:
    """Whose government or forces the noun at word i means."""
    reading = text.reading
    if before:
        for k in (i - 1, i - 2):
            if k < 0 or not reading.tokens.joins(k):
                break
            spot = by_first.get(k)
            if spot is not None:
                return spot if spot.role == "demonym" else None
            if reading.capital[k] and text.capitals:
                break
    small = True
    for k in range(i + 1, min(i + 4, len(text.forms))):
        if not reading.tokens.joins(k - 1):
            return None
        spot = by_first.get(k)
        if spot is not None:
            return spot if small or spot.role == "demonym" else None
        joint = any(f.key in nouns and nouns[f.key] == "joint" for f in text.forms[k])
        small = small and joint
        if not joint and (k > i + 1 or reading.capital[k]):
            return None
    return None
