"""Places in a text: where a name stands for one, and which of those that bear it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from wirewatch.geo import Point, distance_km
from wirewatch.tagging.gazetteer import OTHER, OWN, Gazetteer, Place
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.names import Name
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.vocabulary import (
    COMPASS,
    FACILITY,
    FUNCTION,
    GIVEN,
    LOCATIVE,
    LOCATIVE_NOUNS,
    ORGANISATION,
    REGION_ADJECTIVES,
    TITLES,
)

SMALL_WORDS = frozenset(
    {
        "of",
        "the",
        "and",
        "de",
        "la",
        "del",
        "da",
        "do",
        "al",
        "el",
        "sur",
        "en",
        "upon",
        "on",
        "am",
        "an",
        "der",
        "di",
        "los",
        "las",
        "le",
        "les",
        "e",
        "y",
        "ez",
        "ed",
        "ad",
        "ash",
        "as",
        "ar",
        "au",
        "aux",
        "in",
    }
)
LARGE, MIDDLE = 100_000, 15_000
DEMONYM_AHEAD = frozenset({"language", "dictionary", "restaurant", "cuisine", "food"})


KIND_AFTER = frozenset(
    {"province", "provinces", "governorate", "state", "region", "oblast", "prefecture", "city", "county"}
)


class Candidate(NamedTuple):
    """A place that a name may mean, with what speaks for it: (weight, reason) pairs."""

    place: Place
    how: int
    parts: list[tuple[float, str]]
    score: float


class Spot(NamedTuple):
    """A name at words ``first``..``first + n - 1`` that some place bears; ``country`` set where it can only be that."""

    first: int
    n: int
    key: str
    role: str
    fixed: tuple[int, ...]


class Found(NamedTuple):
    """A spot with its place, and why this one."""

    spot: Spot
    place: Place
    reason: str
    confidence: float
    runner_up: Place | None = None
    margin: float = 0.0


def find_spots(reading: Reading, lexicon: Lexicon, gazetteer: Gazetteer) -> list[Spot]:
    """All names in the text that some place bears, longest first, from left to right; demonyms among them."""
    spots: list[Spot] = []
    folded, capital = reading.tokens.folded, reading.capital
    index, longest, own = gazetteer.index, gazetteer.longest, lexicon.longest
    others, short = lexicon.singles, gazetteer.short
    behind = 0
    for i in reading.capitals:
        word = folded[i]
        if i < behind or not (word in index or word in longest or word in own or word in others or word in short):
            continue
        longer = max(longest.get(word, 1), own.get(word, 1))
        for n in range(_extent(reading, i, longer) if longer > 1 else 1, 0, -1):
            if n > 1 and not capital[i + n - 1]:
                continue
            spot = _spot(reading, i, n, lexicon, gazetteer, index)
            if spot is not None:
                if spot.role:
                    spots.append(spot)
                behind = i + n
                break
    return spots


def _extent(reading: Reading, i: int, longest: int) -> int:
    """How many words from i on may belong to one name, ``longest`` at most."""
    tokens, capital = reading.tokens, reading.capital
    end = min(i + longest, len(tokens)) - 1
    k = i
    while (
        k < end
        and k not in tokens.possessive
        and tokens.joins(k)
        and (capital[k + 1] or tokens.folded[k + 1] in SMALL_WORDS)
    ):
        k += 1
    return k - i + 1


def _spot(
    reading: Reading, i: int, n: int, lexicon: Lexicon, gazetteer: Gazetteer, index: dict[str, list[int]]
) -> Spot | None:
    tokens = reading.tokens
    word = tokens.join(i, n)
    if n == 1:
        raw = tokens.words[i]
        if raw.isupper() or "." in raw or reading.text[tokens.ends[i] : tokens.ends[i] + 1] == ".":
            row = _short_form(reading, i, raw.replace(". ", ".").rstrip("."), gazetteer)
            if row is not None:
                return Spot(i, 1, word, "place", (row,))
            if raw.isupper() and len(raw) <= 4 and i not in reading.shouted and word not in lexicon.country_names:
                return None
        if len(word) <= 3 and (word in lexicon.country_names or word in lexicon.demonyms) and not _cased(reading, i):
            return None
        if len(word) <= 2 and word not in lexicon.country_names:
            return None
    region = REGION_ADJECTIVES.get(word)
    if region is not None and (word != "eu" or tokens.words[i] == "EU"):
        bearers = [place for place, _ in gazetteer.named(region)]
        wide = [p.row for p in bearers if p.level in ("region", "water")] or [
            p.row for p in bearers if p.level == "admin1"
        ]
        return Spot(i, n, word, "demonym" if wide else "", tuple(wide[:1]))
    if n == 1 and word in COMPASS:
        return None
    if i and tokens.gap(i - 1) == "-" and tokens.folded[i - 1] in {"pro", "anti"} and word in lexicon.capitals:
        row = gazetteer.country_rows.get(lexicon.capitals[word])
        return Spot(i, n, word, "demonym", (row,)) if row is not None else None
    codes = lexicon.country_names.get(word)
    if codes:
        rows_of = tuple(gazetteer.country_rows[c] for c in codes if c in gazetteer.country_rows)
        if rows_of:
            return Spot(i, n, word, "place", rows_of if word not in index else ())
    codes = lexicon.demonyms.get(word)
    if codes:
        rows_of = tuple(gazetteer.country_rows[c] for c in codes if c in gazetteer.country_rows)
        if rows_of:
            return Spot(i, n, word, "demonym", rows_of)
    if word in index:
        return Spot(i, n, word, "place", ())
    return None


def _cased(reading: Reading, i: int) -> bool:
    word = reading.tokens.words[i]
    return word.replace(".", "").isupper() and ("." in word or i not in reading.shouted)


def _short_form(reading: Reading, i: int, raw: str, gazetteer: Gazetteer) -> int | None:
    plain = raw.replace(".", "")
    if i in reading.shouted and "." not in raw:
        return None
    row = gazetteer.cased.get(raw, gazetteer.cased.get(plain) if raw != plain else None)
    if row is not None:
        return row
    if i and reading.tokens.gap(i - 1) in {", ", ","} and reading.capital[i - 1]:
        row = gazetteer.after_comma.get(raw, gazetteer.after_comma.get(plain))
        if row is not None and (
            plain.isupper() or reading.text[reading.tokens.ends[i] : reading.tokens.ends[i] + 1] == "."
        ):
            return row
    return None


class Evidence(NamedTuple):
    """What the whole text says: how often each country is named, which regions, and what stands near each name.

    ``own`` is each name's part in that: no name is evidence for itself.
    """

    countries: dict[str, int]
    total: int
    regions: dict[str, int]
    own: dict[str, list[tuple[str, str, int]]]
    located: frozenset[str]
    pairs: dict[int, int]
    lower: frozenset[str]

    def without(self, key: str) -> Evidence:
        """The same without what the name ``key`` itself says."""
        said = self.own.get(key)
        if not said or not any(weight for _, _, weight in said):
            return self
        countries, regions = dict(self.countries), dict(self.regions)
        for country, region, weight in said:
            countries[country] = countries.get(country, 0) - weight
            regions[region] = regions.get(region, 0) - 1
        return self._replace(countries=countries, total=sum(countries.values()), regions=regions)


def resolve(
    reading: Reading, gazetteer: Gazetteer, spots: list[Spot], vetoed: dict[int, str], ner_places: set[int]
) -> list[Found]:
    """Which spots are places, and which places; ``vetoed`` words are parts of other names."""
    evidence = _evidence(reading, gazetteer, spots, vetoed)
    found: list[Found] = []
    senses: dict[str, Candidate] = {}
    by_key: dict[str, Evidence] = {}
    for number, pair in sorted(evidence.pairs.items()):
        spot = spots[number]
        if spot.key in senses:
            continue
        others = by_key.setdefault(spot.key, evidence.without(spot.key))
        kinds = _kind_words(reading, spot)
        best = max(_candidates(gazetteer, spot, others, pair, kinds, None), key=lambda c: c.score, default=None)
        if best is not None:
            senses[spot.key] = best
    # A name in the same setting means the same each time: each is weighed once.
    weighed: dict[tuple[str, tuple[int, ...], int | None, str], list[Candidate]] = {}
    chosen: dict[tuple[str, tuple[int, ...], int | None, str], Found] = {}
    outer = {number + 1: row for number, row in evidence.pairs.items()}
    for number, spot in enumerate(spots):
        region = evidence.pairs.get(number)
        if spot.first in vetoed and region is None:
            continue
        if number in outer and not spot.fixed:
            spot = spot._replace(fixed=(outer[number],))
        if spot.key not in by_key:
            by_key[spot.key] = evidence.without(spot.key)
        others = by_key[spot.key]
        setting = (spot.key, spot.fixed, region, _kind_words(reading, spot))
        candidates = weighed.get(setting)
        if candidates is None:
            candidates = _candidates(gazetteer, spot, others, region, setting[3], senses.get(spot.key))
            candidates.sort(key=lambda c: -c.score)
            weighed[setting] = candidates
        if not candidates or not _believable(reading, gazetteer, spot, candidates[0], others, region, ner_places):
            continue
        if setting not in chosen:
            chosen[setting] = _found(spot, candidates[0], candidates)
        found.append(chosen[setting]._replace(spot=spot))
    return found


def _found(spot: Spot, best: Candidate, candidates: list[Candidate]) -> Found:
    rival = next(
        (c for c in candidates[1:] if distance_km(c.place.point, best.place.point) > 50),
        None,
    )
    margin = best.score - rival.score if rival else 9.0
    reasons = "; ".join(text for weight, text in sorted(best.parts, key=lambda part: -abs(part[0])) if weight > 0.05)
    if rival is not None:
        reasons += f"; beat {describe(rival.place)} by {margin:.1f}"
    confidence = round(min(0.99, 0.6 + 0.15 * margin), 2)
    return Found(spot, best.place, reasons, confidence, rival.place if rival else None, margin)


def describe(place: Place) -> str:
    """A place in a few words: "Homs, SY (city)"."""
    where = f", {place.country}" if place.country and place.level != "country" else ""
    return f"{place.name}{where} ({place.level})"


def _evidence(reading: Reading, gazetteer: Gazetteer, spots: list[Spot], vetoed: dict[int, str]) -> Evidence:
    countries: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    own: dict[str, list[tuple[str, str, int]]] = {}
    located: set[str] = set()
    pairs = _pairs(reading, gazetteer, spots)
    for spot in spots:
        if spot.first in vetoed:
            continue
        if _locative_before(reading, spot):
            located.add(spot.key)
        country, region, weight = _stands_for(gazetteer, spot)
        countries[country] += weight
        regions[region] += 1
        own.setdefault(spot.key, []).append((country, region, weight))
    for number, row in pairs.items():
        place = gazetteer.place(row)
        countries[place.country or ""] += 1
        regions[place.admin1 or ""] += 1
        located.add(spots[number].key)
    countries.pop("", None)
    regions.pop("", None)
    return Evidence(countries, sum(countries.values()), regions, own, frozenset(located), pairs, reading.lower)


def _stands_for(gazetteer: Gazetteer, spot: Spot) -> tuple[str, str, int]:
    """The country and region that a name surely belongs to, and how much it says of the country: 0, 1 or 2."""
    ranked = _ranked(gazetteer, spot)
    if not ranked:
        return "", "", 0
    top, rest = ranked[0], ranked[1:]
    country, region = top.country or "", top.admin1 or ""
    if len(spot.fixed) == 1:
        return country, region, 2
    if any(p.country != top.country and top.prominence - p.prominence < 1.5 for p in rest[:3]):
        return "", "", 0
    if top.level == "country":
        return country, "", 2
    if top.level == "admin1" and top.population > 300_000:
        city = any(p.level == "city" and p.population > LARGE and p.country == top.country for p in rest)
        return country, "" if city else region, 1
    if top.level == "city" and top.population > 300_000 and spot.key not in gazetteer.common:
        return country, region, 1
    return (country, "", 1) if top.level in ("region", "water") else ("", "", 0)


def _ranked(gazetteer: Gazetteer, spot: Spot) -> tuple[Place, ...]:
    """The places that the name can be, the most prominent first."""
    if spot.fixed:
        return tuple(sorted(map(gazetteer.place, spot.fixed), key=lambda p: -p.prominence))
    return gazetteer.bearers(spot.key).ranked


def _locative_before(reading: Reading, spot: Spot) -> bool:
    folded = reading.tokens.folded
    at = spot.first - 1
    if at >= 0 and folded[at] == "the":
        at -= 1
    while at >= 0 and folded[at] in COMPASS:
        at -= 1
    if at < 0:
        return False
    if folded[at] == "of":
        return at > 0 and folded[at - 1] in LOCATIVE_NOUNS
    return folded[at] in LOCATIVE


def _pairs(reading: Reading, gazetteer: Gazetteer, spots: list[Spot]) -> dict[int, int]:
    """“City, Region” and “City (Country)”: spot number -> the row of what stands behind the comma contains it."""
    pairs: dict[int, int] = {}
    for number in range(len(spots) - 2, -1, -1):
        one, two = spots[number], spots[number + 1]
        end = one.first + one.n
        if two.role == "demonym" or two.first != end or reading.tokens.gap(end - 1) not in {", ", ",", " (", ",\n"}:
            continue
        if end - 1 in reading.tokens.possessive or one.role == "demonym":
            continue
        row = None if _in_list_of_regions(reading, gazetteer, spots, number) else _containing(gazetteer, one, two)
        if row is not None:
            pairs[number] = row
    return pairs


def _in_list_of_regions(reading: Reading, gazetteer: Gazetteer, spots: list[Spot], number: int) -> bool:
    """Whether the names around the comma are countries, or states in a row: "Georgia, Alabama and Florida"."""
    one, two = _widest(gazetteer, spots[number]), _widest(gazetteer, spots[number + 1])
    if one == "country" and two == "country":
        return True
    if one != "admin1" or two != "admin1":
        return False
    neighbours = []
    if number > 0:
        neighbours.append((spots[number - 1], spots[number]))
    if number + 2 < len(spots):
        neighbours.append((spots[number + 1], spots[number + 2]))
    for left, right in neighbours:
        between = reading.text[reading.tokens.ends[left.first + left.n - 1] : reading.tokens.starts[right.first]]
        if (
            between.strip() in {",", "and", ", and", "or"}
            and _widest(gazetteer, left) == _widest(gazetteer, right) == "admin1"
        ):
            return True
    return False


def _widest(gazetteer: Gazetteer, spot: Spot) -> str:
    levels = {gazetteer.place(row).level for row in spot.fixed} if spot.fixed else gazetteer.bearers(spot.key).levels
    return "country" if "country" in levels else "admin1" if "admin1" in levels else ""


def _containing(gazetteer: Gazetteer, one: Spot, two: Spot) -> int | None:
    if two.fixed:
        outer = [gazetteer.place(row) for row in two.fixed]
    else:
        outer = [place for place, _ in gazetteer.named(two.key)]
    inner = [place for place, _ in gazetteer.named(one.key)]
    best: tuple[float, int] | None = None
    for big in outer:
        if big.level not in ("country", "admin1"):
            continue
        for small in inner:
            if small.level == "country" or small.row == big.row:
                continue
            inside = small.country == big.country if big.level == "country" else small.admin1 == big.admin1
            if (inside and small.level != "admin1") or (inside and big.level == "country"):
                rank = small.prominence + (1 if big.level == "country" else 0.5)
                if best is None or rank > best[0]:
                    best = (rank, big.row)
    return best[1] if best else None


def _candidates(
    gazetteer: Gazetteer, spot: Spot, evidence: Evidence, pair: int | None, kinds: str, sense: Candidate | None
) -> list[Candidate]:
    named = [(gazetteer.place(row), OWN) for row in spot.fixed] if spot.fixed else list(gazetteer.named(spot.key))
    outer = gazetteer.place(pair) if pair is not None else None
    cities: dict[str | None, Place] = {}
    for p, how in sorted(named, key=lambda one: one[0].population):
        if p.level == "city" and (how < OTHER or p.population > LARGE):
            cities[p.country] = p
    candidates = []
    for place, how in named:
        parts = _weigh(place, how, evidence, outer, kinds, cities, sense)
        candidates.append(Candidate(place, how, parts, sum([weight for weight, _ in parts])))
    return candidates


def _kind_words(reading: Reading, spot: Spot) -> str:
    folded = reading.tokens.folded
    after = folded[spot.first + spot.n] if spot.first + spot.n < len(folded) else ""
    before = folded[spot.first - 2] if spot.first > 1 and folded[spot.first - 1] == "of" else ""
    if not before and after not in KIND_AFTER:
        return ""
    if after in {"province", "provinces", "governorate", "state", "region", "oblast", "prefecture"}:
        return "region"
    if before in {"province", "provinces", "state", "states", "governorate", "region", "governor"}:
        return "region"
    if (
        before in {"city", "town", "village", "capital", "suburb", "port", "streets", "outskirts", "mayor"}
        or after == "city"
    ):
        return "city"
    if after == "county":
        return "county"
    return ""


def _lies_in(place: Place, outer: Place) -> bool:
    if place.level == "country" or place.row == outer.row or place.country != outer.country:
        return False
    return outer.level == "country" or place.admin1 == outer.admin1


def _weigh(
    place: Place,
    how: int,
    evidence: Evidence,
    outer: Place | None,
    kinds: str,
    cities: dict[str | None, Place],
    sense: Candidate | None,
) -> list[tuple[float, str]]:
    parts = [
        (place.prominence, f"{place.population:,} people" if place.level not in ("region", "water") else "well known")
    ]
    if how == OTHER:
        parts.append((-1.4, "not its usual name"))
    elif how:
        parts.append((-0.1, "another name of it"))
    if outer is not None and _lies_in(place, outer):
        parts.append((8.0, f"{outer.name} stands right behind it"))
    named = evidence.countries.get(place.country or "", 0)
    if named:
        share = named / max(1, evidence.total)
        times = max(1, named // 2)
        parts.append((0.5 + 1.3 * share, f"the text names {place.country} {times} time{'s' if times > 1 else ''}"))
    if place.level != "admin1" and place.admin1 and evidence.regions.get(place.admin1, 0):
        parts.append((0.7, "the text names other places of its region"))
    if place.level == "admin1" and evidence.regions.get(place.admin1 or "", 0):
        parts.append((1.2, "the text names places in it"))
    if place.level == "admin1":
        if kinds == "region":
            parts.append((2.0, "the text calls it a region"))
        elif place.country in cities and kinds != "region":
            city = cities[place.country]
            if city.population > 80_000:
                parts.append((-2.0, f"the city of {city.name} is likelier than its region"))
    if kinds == "city" and place.level == "city":
        parts.append((1.0, "the text calls it a city"))
    if place.level == "admin2" and kinds == "county":
        parts.append((1.0, "the text calls it a county"))
    if sense is not None and sense.place.row == place.row and outer is None:
        parts.append((4.0, "the text says elsewhere which one it means"))
    return parts


def _believable(
    reading: Reading,
    gazetteer: Gazetteer,
    spot: Spot,
    best: Candidate,
    evidence: Evidence,
    pair: int | None,
    ner_places: set[int],
) -> bool:
    place = best.place
    if spot.fixed or (place.level in ("country", "region", "water") and best.how != OTHER):
        return not (
            spot.key in gazetteer.common and spot.n == 1 and spot.first in reading.initial and place.level != "country"
        )
    if pair is not None:
        return True
    located = spot.key in evidence.located
    here = _locative_before(reading, spot)
    initial = spot.first in reading.initial
    common = spot.n == 1 and (spot.key in gazetteer.common or spot.key in evidence.lower)
    named = evidence.countries.get(place.country or "", 0) > 0
    ner = spot.first in ner_places
    beside = _beside_unknown(reading, gazetteer, spot)
    if beside == "name":
        return place.population > 500_000 and best.how != OTHER and not common
    if beside == "word" and not located and not (named and place.population > MIDDLE):
        return place.population > LARGE and best.how != OTHER and not common
    if common:
        if initial and not here:
            return False
        if spot.key in evidence.lower and place.population < 1_000_000 and not here:
            return False
        return (here or ner or (not initial and place.population > 1_000_000)) and place.population > (
            30_000 if named else 200_000
        )
    if spot.n == 1 and (spot.key in GIVEN or spot.key in TITLES or spot.key in ORGANISATION or spot.key in FACILITY):
        return here and place.population > 50_000
    if place.level == "admin1":
        return best.how != OTHER and (place.population > 300_000 or located or named)
    if place.level == "admin2":
        return (located and named) or (spot.n > 1 and named) or place.population > 500_000
    if best.how == OTHER:
        return (
            (located and (named or place.population > 300_000))
            or (named and place.population > 200_000)
            or place.population > 1_500_000
        )
    if place.population >= LARGE:
        return True
    if place.population >= MIDDLE:
        return located or named
    return (located and named) or (ner and named) or (ner and located)


def _beside_unknown(reading: Reading, gazetteer: Gazetteer, spot: Spot) -> str:
    """What capitalised word stands right beside the name: another "name", an ordinary "word", or neither."""
    tokens, folded = reading.tokens, reading.tokens.folded
    beside, after = "", spot.first + spot.n
    if (
        (
            after < len(tokens)
            and reading.capital[after]
            and tokens.gap(after - 1) == " "
            and after - 1 not in tokens.possessive
        )
        and folded[after] not in FUNCTION
        and after not in reading.shouted
        and folded[after] not in LOCATIVE_NOUNS
    ):
        ordinary = folded[after] in gazetteer.common or folded[after] in ORGANISATION or folded[after] in FACILITY
        if not ordinary:
            return "name"
        beside = "word"
    before = spot.first - 1
    if before >= 0 and reading.capital[before] and tokens.gap(before) == " " and before not in tokens.possessive:
        word = folded[before]
        if (
            word in COMPASS
            or word in FUNCTION
            or before in reading.initial
            or before in reading.shouted
            or word in TITLES
        ):
            return beside
        return "word" if word in gazetteer.common or word in ORGANISATION else "name"
    return beside


def nearest_point(found: list[Found], first: int) -> Found | None:
    """The city named nearest to word ``first``: its point is lent to a site that has none."""
    cities = [f for f in found if f.place.level == "city" and f.spot.role == "place"]
    return min(cities, key=lambda f: (abs(f.spot.first - first), f.spot.first), default=None)


class Site(NamedTuple):
    """A place that no list knows: a building, a street, a name that only NER took for a place."""

    name: Name
    near: Found | None
    point: Point | None
