"""The tagger: an article in, its actors and places out, each with the reason for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from wirewatch.knowledge.model import Actor
from wirewatch.models import ActorKind, ActorTag, Article, Mention, PlaceTag, TaggedArticle, Tags
from wirewatch.tagging import names as name_rules
from wirewatch.tagging import places as place_rules
from wirewatch.tagging import salience, why
from wirewatch.tagging.acting import find_acting_states, find_named_states, find_unnamed_government, is_about_sport
from wirewatch.tagging.choice import Found
from wirewatch.tagging.disputed import DEFAULT
from wirewatch.tagging.evidence import Evidence, gather
from wirewatch.tagging.gazetteer import Gazetteer, Place
from wirewatch.tagging.language import SUPPORTED, language_of
from wirewatch.tagging.languages import LANGUAGES, Languages
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.listed import Listed, find_aliases, find_short, find_surnames
from wirewatch.tagging.names import Name, is_at_building
from wirewatch.tagging.ner import Ner
from wirewatch.tagging.offices import find_offices, find_surname_regimes
from wirewatch.tagging.reading import SEPARATOR, Reading, read
from wirewatch.tagging.spots import Spot, find_spots, service_behind
from wirewatch.tagging.states import find_states
from wirewatch.tagging.unlisted import Unlisted, find_teams, join_names, merge_entities, unexplained_sentences

NerUse = Literal["off", "auto", "full"]


@cache
def tagger_version() -> str:
    """Names the code and the tables that decide tags: another line of them makes another version."""
    h = hashlib.blake2b(digest_size=6)
    root = files("wirewatch.tagging")
    for folder in (root, root / "languages", root / "data", root / "data" / "languages"):
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.name.endswith((".py", ".toml")):
                h.update(entry.name.encode() + entry.read_bytes())
    return f"1-{h.hexdigest()}"


class _Finding(NamedTuple):
    """A mention before it has its field and sentence."""

    first: int
    n: int
    type: Literal["person", "organisation", "place"]
    entity_id: str | None
    role: Literal["place", "demonym"] | None
    confidence: float
    reason: str
    choice: int | None = None


class Tagger:
    """Tags articles; holds the gazetteer, the knowledge base and, once it is needed, the model."""

    def __init__(
        self, gazetteer: Gazetteer, lexicon: Lexicon, languages: Languages, ner: NerUse, model: Ner | None = None
    ) -> None:
        self._gazetteer = gazetteer
        self._lexicon = lexicon
        self._languages = languages
        self._ner = ner
        self._model = model or Ner()
        places = ((gazetteer.country(code), country.name) for code, country in lexicon.countries.items())
        self._country_names = {place.id: name for place, name in places if place is not None}

    @property
    def kb_version(self) -> str:
        """The version of the knowledge that this tagger uses; how it counts disputed places is part of it."""
        policy = self._gazetteer.disputed
        return self._lexicon.version + ("" if policy == DEFAULT else f"-{policy.replace(' ', '')}")

    def tag(self, article: Article, *, now: datetime) -> TaggedArticle:
        """The article with its tags; any text will do, and nothing is raised."""
        language = language_of(article.language, f"{article.title}\n{article.text}")
        if language is not None and language not in SUPPORTED:
            tags = Tags(language=language, unsupported_language=True)
        elif language in LANGUAGES:
            tags = salience.weighed(self._tags_abroad(article, language))
        else:
            tags = salience.weighed(self._tags(article, language))
        return TaggedArticle(
            article=article, tags=tags, tagged_at=now, tagger_version=tagger_version(), kb_version=self.kb_version
        )

    def _tags_abroad(self, article: Article, language: str) -> Tags:
        """Names of places and listed actors in another language: nothing of English but how places are weighed."""
        abroad = self._languages[language]
        day = article.published_at.date() if article.published_at else None
        names = abroad.names(article.title, article.text, day)
        evidence = gather(names.weighed, abroad.gazetteer, names.spots, names.vetoed)
        found = place_rules.resolve(names.weighed, abroad.gazetteer, names.spots, evidence, names.vetoed, set())
        actors = _without_overlaps(names.actors)
        return _assemble(names.reading, language, actors, [], found, evidence, [], self._country_names)

    def _tags(self, article: Article, language: str | None) -> Tags:
        reading = read(article.title, article.text)
        if not len(reading.tokens):
            return Tags(language=language)
        day = article.published_at.date() if article.published_at else None
        lexicon, gazetteer = self._lexicon, self._gazetteer

        listed = find_aliases(reading, lexicon, day)
        again = [*find_surnames(reading, listed), *find_short(reading, listed)]
        listed = sorted([*listed, *again], key=lambda hit: hit.first)
        states = find_states(reading, lexicon)
        people = {
            i: hit.actor for hit in listed if hit.actor.kind == "person" for i in range(hit.first, hit.first + hit.n)
        }
        regimes = find_surname_regimes(reading, lexicon, people, day)
        listed = _without_overlaps([*regimes, *listed])
        taken = _words_of(listed)
        sport = is_about_sport(reading)
        acting = [] if sport else find_acting_states(reading, lexicon, states, taken)
        offices = find_offices(reading, lexicon, states, day)

        spots = find_spots(reading, lexicon, gazetteer)
        adjectives = {s.first + k for s in spots if s.role == "demonym" for k in range(s.n)}
        known_places = {s.first: s.n for s in spots if s.n > 1 and _is_large(gazetteer, s)}
        names = name_rules.find_people(reading, taken, adjectives, known_places, gazetteer.common)
        covered = taken | _words_of(names)
        whole = {(s.first, s.n) for s in spots if _is_country(gazetteer, s)}
        names += [n for n in name_rules.find_organisations(reading, covered) if (n.first, n.n) not in whole]

        vetoed = _vetoed(reading, gazetteer, listed, names, spots)
        ner_places: set[int] = set()
        extra: list[Name] = []
        if self._ner != "off" and language in (None, "en"):
            spans = unexplained_sentences(reading, self._ner == "full", taken, names, spots, gazetteer)
            entities = self._model.entities(reading.text, spans)
            more = merge_entities(reading, entities, taken, names, spots, gazetteer)
            names, extra, ner_places = more.names, more.places, more.confirmed
            if not sport:
                acting += find_named_states(lexicon, states, more.organisations)
            vetoed = _vetoed(reading, gazetteer, listed, names, spots)

        evidence = gather(reading, gazetteer, spots, vetoed)
        found = place_rules.resolve(reading, gazetteer, spots, evidence, vetoed, ner_places)
        sites = [n for n in names if n.type == "facility" or is_at_building(reading, n)] + extra
        unlisted = join_names(reading, [n for n in names if n.type != "facility"], taken, found)
        if sport:
            unlisted += find_teams(reading, states, lexicon)
        focus = _focus(reading, found, [*listed, *acting])
        unnamed = (
            find_unnamed_government(reading, lexicon, focus, taken)
            if focus and _one_clear_country(found, focus)
            else []
        )
        actors = _without_overlaps([*offices, *listed, *acting, *unnamed])
        acted = _words_of(actors)
        unlisted = [u for u in unlisted if not any(i in acted for i in range(u.first, u.first + u.n))]
        return _assemble(reading, language, actors, unlisted, found, evidence, sites, self._country_names)


def _without_overlaps(hits: list[Listed]) -> list[Listed]:
    """The hits in order of preference, those that overlap an earlier one left out, sorted by place."""
    taken: set[int] = set()
    kept = []
    for hit in hits:
        words = range(hit.first, hit.first + hit.n)
        if not any(i in taken for i in words):
            kept.append(hit)
            taken.update(words)
    return sorted(kept, key=lambda hit: hit.first)


def _words_of(hits: Iterable[Listed | Name | Spot]) -> set[int]:
    return {i for hit in hits for i in range(hit.first, hit.first + hit.n)}


def _is_large(gazetteer: Gazetteer, spot: Spot) -> bool:
    if spot.fixed:
        return True
    bearers = gazetteer.bearers(spot.key)
    return bearers.people > 50_000 or not bearers.levels.isdisjoint(("country", "admin1", "region", "water"))


def _vetoed(
    reading: Reading, gazetteer: Gazetteer, listed: list[Listed], names: list[Name], spots: list[Spot]
) -> dict[int, str]:
    """Words that are parts of other names and so no places, each with the name."""
    vetoed: dict[int, str] = {}
    for hit in listed:
        person = hit.actor.kind in ("person", "armed_group", "media")
        for i in range(hit.first, hit.first + hit.n):
            if person or hit.n == 1:
                vetoed[i] = hit.actor.name
    for name in names:
        if name.type == "person":
            for i in range(name.first, name.first + name.n):
                vetoed[i] = reading.words(name.first, name.n)
    countries = {s.first for s in spots if s.role == "demonym" or _is_country(gazetteer, s)}
    org_words = [(h.first, h.n) for h in listed if h.actor.kind not in ("person", "armed_group", "media") and h.n > 1]
    org_words += [(n.first, n.n) for n in names if n.type == "organisation" and n.n > 1]
    by_first = {s.first: s for s in spots}
    for first, n in org_words:
        for i in range(first, first + n):
            spot = by_first.get(i)
            if (
                spot is not None
                and i not in countries
                and not _is_large(gazetteer, spot)
                and not service_behind(reading, spot)
            ):
                vetoed.setdefault(i, reading.words(first, n))
    surnames = {reading.tokens.folded[n.first + n.n - 1] for n in names if n.type == "person" and n.n > 1}
    surnames |= {reading.tokens.folded[h.first + h.n - 1] for h in listed if h.actor.kind == "person"}
    for spot in spots:
        if spot.n == 1 and spot.key in surnames and spot.first not in countries and spot.first not in vetoed:
            vetoed[spot.first] = f"{spot.key} (a surname here)"
    return vetoed


def _is_country(gazetteer: Gazetteer, spot: Spot) -> bool:
    return bool(spot.fixed) or "country" in gazetteer.bearers(spot.key).levels


def _focus(reading: Reading, found: list[Found], actors: list[Listed]) -> str | None:
    def clue(country: str, kind: salience.ClueKind, hit: Spot | Listed, sure: float) -> salience.Clue:
        in_title = reading.tokens.starts[hit.first] < reading.title_end
        return salience.Clue(country, kind, reading.sentence(hit.first), in_title, sure)

    clues = [clue(f.place.country, _role(f), f.spot, f.confidence) for f in found if f.place.country]
    clues += [clue(a.actor.countries[0], "actor", a, a.confidence) for a in actors if len(a.actor.countries) == 1]
    return salience.focus_country(clues)


def _role(found: Found) -> Literal["place", "demonym"]:
    return "demonym" if found.spot.role == "demonym" else "place"


def _one_clear_country(found: list[Found], focus: str) -> bool:
    codes = [f.place.country for f in found if f.place.country]
    return len(codes) >= 4 and codes.count(focus) >= 0.5 * len(codes)


def _assemble(
    reading: Reading,
    language: str | None,
    actors: list[Listed],
    unlisted: list[Unlisted],
    found: list[Found],
    evidence: Evidence,
    sites: list[Name],
    names: dict[str, str],
) -> Tags:
    findings = [
        _Finding(
            a.first,
            a.n,
            "person" if a.actor.kind == "person" else "organisation",
            a.actor.id,
            None,
            a.confidence,
            a.why,
        )
        for a in actors
    ]
    findings += [_Finding(u.first, u.n, u.type, u.id, None, u.confidence, u.why) for u in unlisted]
    place_tags: dict[str, PlaceTag] = {}
    choices, numbers = why.explain(found, evidence)
    lines = [why.in_a_line(choice) for choice in choices]
    for f, number in zip(found, numbers, strict=True):
        role = _role(f)
        findings.append(
            _Finding(f.spot.first, f.spot.n, "place", f.place.id, role, f.confidence, lines[number], number)
        )
        tag = place_tag(f.place, names.get(f.place.id, f.place.name), role)
        if f.place.id not in place_tags or role == "place":
            place_tags[f.place.id] = tag
    site_tags: dict[str, PlaceTag] = {}
    busy = {i for f in found for i in range(f.spot.first, f.spot.first + f.spot.n) if f.spot.role == "place"}
    for site, near in zip(sites, place_rules.nearest_cities(found, [s.first for s in sites]), strict=True):
        name = reading.words(site.first, site.n)
        because = (
            f"{site.why}; its point is that of {near.place.name}, the city named nearest"
            if near
            else f"{site.why}; no city is named"
        )
        findings.append(_Finding(site.first, site.n, "place", None, "place", 0.5, because))
        site_tags.setdefault(
            name,
            PlaceTag(
                name=name,
                precision="site",
                point=near.place.point if near else None,
                located_by="nearest",
                country_code=near.place.country if near else None,
                admin1=near.place.admin1 if near else None,
            ),
        )
    findings = _distinct(findings, busy)
    mentions = _mentions(reading, findings)
    named = {m.entity_id for m in mentions}
    return Tags(
        mentions=mentions,
        actors=_actor_tags(actors, unlisted, named),
        places=tuple(place_tags.values()) + tuple(site_tags.values()),
        choices=why.with_mentions(choices, [f.choice for f in findings]),
        language=language,
    )


def _distinct(findings: list[_Finding], busy: set[int]) -> list[_Finding]:
    kept: dict[tuple[int, int, bool], _Finding] = {}
    for f in findings:
        if f.type == "place" and f.entity_id is None and f.n == 1 and f.first in busy:
            continue
        kept.setdefault((f.first, f.n, f.type == "place"), f)
    return sorted(kept.values(), key=lambda f: (f.first, f.n, f.type))


def place_tag(place: Place, name: str, role: Literal["place", "demonym"]) -> PlaceTag:
    """An entry of the gazetteer as the tag of an article."""
    level = place.level
    precision = level if level in ("country", "admin1", "admin2", "city") else None
    return PlaceTag(
        name=name,
        id=place.id,
        country_code=place.country,
        precision=precision,
        point=place.point,
        role=role,
        admin1=place.admin1,
    )


def _actor_tags(actors: list[Listed], unlisted: list[Unlisted], named: set[str | None]) -> tuple[ActorTag, ...]:
    tags: dict[str, ActorTag] = {}
    for hit in actors:
        actor: Actor = hit.actor
        if actor.id not in tags and actor.id in named:
            tags[actor.id] = ActorTag(actor.id, actor.name, actor.kind, actor.countries)
    for u in unlisted:
        if u.id not in tags and u.id in named:
            kind: ActorKind = "person" if u.type == "person" else "other_org"
            tags[u.id] = ActorTag(u.id, u.name, kind)
    return tuple(tags.values())


def _mentions(reading: Reading, findings: list[_Finding]) -> tuple[Mention, ...]:
    offset = reading.title_end + len(SEPARATOR) if reading.title_end else 0
    title_sentences = sum(1 for start, _ in reading.spans if start < offset)
    mentions = []
    for f in findings:
        start, end = reading.tokens.starts[f.first], reading.tokens.ends[f.first + f.n - 1]
        in_title = start < reading.title_end
        shift = 0 if in_title else offset
        sentence = reading.sentence(f.first) - (0 if in_title else title_sentences)
        mentions.append(
            Mention(
                name=reading.text[start:end],
                start=start - shift,
                end=end - shift,
                type=f.type,
                entity_id=f.entity_id,
                field="title" if in_title else "text",
                role=f.role,
                sentence=max(0, sentence),
                confidence=f.confidence,
                reason=f.reason,
            )
        )
    return tuple(mentions)
