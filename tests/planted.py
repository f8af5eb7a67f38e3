"""A stream of articles with stories planted in it, rules for them, and what must be told of which by which rule.

A story is one event of one kind in one city, told in copies with other headlines, cut, late, sent twice. Hard negatives
tell of the same kind of event in another country, or of something else in the same city.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from tests.builders import article
from wirewatch.alerts.rule import Near, Rule
from wirewatch.geo import Point
from wirewatch.models import Article, Lineage, Source

CITIES = {
    "Homs": ("SY", 34.73, 36.71), "Aleppo": ("SY", 36.20, 37.16), "Idlib": ("SY", 35.93, 36.63),
    "Daraa": ("SY", 32.62, 36.10), "Raqqa": ("SY", 35.95, 39.01), "Latakia": ("SY", 35.53, 35.79),
    "Palmyra": ("SY", 34.56, 38.27), "Tartus": ("SY", 34.89, 35.89), "Deir ez-Zor": ("SY", 35.34, 40.14),
    "Al-Hasakah": ("SY", 36.50, 40.75),
    "Kharkiv": ("UA", 49.98, 36.25), "Odesa": ("UA", 46.48, 30.73), "Kherson": ("UA", 46.64, 32.61),
    "Mykolaiv": ("UA", 46.97, 32.00), "Zaporizhzhia": ("UA", 47.85, 35.12), "Sumy": ("UA", 50.92, 34.80),
    "Chernihiv": ("UA", 51.50, 31.29), "Poltava": ("UA", 49.59, 34.55), "Lviv": ("UA", 49.84, 24.03),
    "Vinnytsia": ("UA", 49.23, 28.47),
    "Mosul": ("IQ", 36.34, 43.12), "Basra": ("IQ", 30.51, 47.78), "Kirkuk": ("IQ", 35.47, 44.39),
    "Fallujah": ("IQ", 33.35, 43.78), "Ramadi": ("IQ", 33.42, 43.31), "Najaf": ("IQ", 32.00, 44.34),
    "Karbala": ("IQ", 32.62, 44.02), "Erbil": ("IQ", 36.19, 44.01), "Sulaymaniyah": ("IQ", 35.56, 45.43),
    "Nasiriyah": ("IQ", 31.06, 46.26),
    "Khartoum": ("SD", 15.55, 32.53), "Nyala": ("SD", 12.05, 24.88), "Port Sudan": ("SD", 19.62, 37.22),
    "Omdurman": ("SD", 15.64, 32.48), "Kassala": ("SD", 15.45, 36.40), "El Obeid": ("SD", 13.18, 30.22),
    "Wad Madani": ("SD", 14.40, 33.52), "Geneina": ("SD", 13.45, 22.45), "Zalingei": ("SD", 12.91, 23.47),
    "Atbara": ("SD", 17.70, 33.99),
}  # fmt: skip
"""Where stories are planted: country (ISO 3166 alpha-2), latitude, longitude."""
COUNTRIES = {"SY": "Syria", "UA": "Ukraine", "IQ": "Iraq", "SD": "Sudan"}
ELSEWHERE = {
    "Rosario": "Argentina", "Lyon": "France", "Osaka": "Japan", "Bergen": "Norway", "Leeds": "Britain",
    "Recife": "Brazil", "Dresden": "Germany", "Porto": "Portugal", "Turin": "Italy", "Calgary": "Canada",
}  # fmt: skip
KINDS = {
    "explosion": "A huge explosion tore through the {site} of {city}, {country}",
    "shelling": "Overnight shelling flattened half of the {site} in the {country} city of {city}",
    "ambush": "Gunmen hidden behind the {site} killed guards in an ambush near {city} in {country}",
    "kidnapping": "Police in {city}, {country}, search for the victims of a kidnapping from the {site}",
}
PEACEFUL = {
    "Festival": "Singers opened a festival of folk music on the stage that {city} in {country} built by its {site}",
    "Marathon": "Runners from nine towns passed the {site} in the first marathon that {city}, {country}, has held",
    "Exhibition": "An exhibition of carpets and brass draws visitors to the {site} in {city}, {country}",
    "Graduation": "Students threw their hats at a graduation in the hall beside the {site}, in {city}, {country}",
}
SITES = (
    "bus station", "grain market", "water works", "court house", "cement factory", "football ground", "railway bridge",
    "teachers' college", "bakery", "tyre depot", "customs yard", "textile mill", "bird market", "power station",
)  # fmt: skip
SYLLABLES = ("ba", "dor", "kel", "mi", "san", "tu", "rov", "hal", "zen", "qua", "lis", "por", "wen", "gar", "fi", "nam")
OUTLETS = tuple(f"{name}.example" for name in ("harbour", "meridian", "northpost", "tribune", "courier", "gazette",
                                               "observer", "standard"))  # fmt: skip
HEADLINES = ("{title}", "In brief: {title}", "{title}, officials say", "Live: {title}", "{title} - what we know")


class Planted(NamedTuple):
    """One event, and the articles that tell it."""

    kind: str
    city: str
    articles: list[Article]

    @property
    def country(self) -> str:
        """Where it happened, ISO 3166 alpha-2."""
        return CITIES[self.city][0]


class Stream(NamedTuple):
    """What is published, in this order, doubled articles among it, and the stories in it."""

    published: list[Article]
    stories: list[Planted]

    @property
    def ids(self) -> set[str]:
        """The ids of its articles."""
        return {one.id for one in self.published}


def planted_stream(stories: int, articles: int, *, now: datetime, seed: int = 1) -> Stream:
    """``stories`` (40 at most) of 3 to 8 articles, a third as many negatives, and reports of nothing."""
    dice = Random(seed)
    cities = list(CITIES)
    pairs = [(list(KINDS)[n % 4], cities[7 * n % len(cities)]) for n in range(stories)]
    planted = [Planted(kind, city, list(_copies(dice, kind, city, now))) for kind, city in pairs]
    told = [one for story in planted for one in story.articles]
    told += [one for n, pair in enumerate(pairs) for one in _negatives(dice, *pair, n, now)]
    told += [_filler(dice, n, now) for n in range(articles - len(told))]
    dice.shuffle(told)
    return Stream([*told, *dice.sample(told, len(told) // 20)], planted)


def rules(channel: str, *, narrow: int, since: datetime) -> list[Rule]:
    """Three broad rules, and ``narrow`` ones for one kind of event near one city each."""
    given: dict[str, Any] = {"notify": (channel,), "created_at": since, "since": since}
    broad = [
        Rule("violence", "Violence", text=" OR ".join(KINDS), countries=tuple(COUNTRIES), **given),
        Rule("blasts", "Blasts", text="explosion OR shelling", countries=tuple(COUNTRIES), **given),
        Rule("levant", "Violence in the Levant", text="ambush OR kidnap* OR shelling", countries=("SY", "IQ"), **given),
    ]
    for kind, city in [(list(KINDS)[n % 4], list(CITIES)[7 * n % len(CITIES)]) for n in range(narrow)]:
        _, lat, lon = CITIES[city]
        near = (Near(city, Point(lat, lon), 20.0),)
        broad.append(Rule(f"{kind}-{_slug(city)}", f"{kind} near {city}", text=kind, near=near, **given))
    return broad


def meets(rule_id: str, story: Planted) -> bool:
    """Whether the rule of that id is to be told of the story, by how both were made."""
    if rule_id == "violence":
        return True
    if rule_id == "blasts":
        return story.kind in ("explosion", "shelling")
    if rule_id == "levant":
        return story.kind != "explosion" and story.country in ("SY", "IQ")
    return rule_id == f"{story.kind}-{_slug(story.city)}"


def _copies(dice: Random, kind: str, city: str, now: datetime) -> Iterator[Article]:
    site = dice.choice(SITES)
    title = f"{kind.capitalize()} at {site} of {city}"
    lead = KINDS[kind].format(site=site, city=city, country=COUNTRIES[CITIES[city][0]]) + "."
    body = _sentences(dice, 7)
    for n, outlet in enumerate(dice.sample(OUTLETS, dice.randint(3, 8))):
        kept = body if n % 3 != 1 else body[:5]
        published = now - timedelta(hours=8 if n == 2 and dice.random() < 0.5 else 3 * dice.random())
        headline = HEADLINES[n % len(HEADLINES)].format(title=title)
        yield _article(headline, " ".join([lead, *kept]), outlet, f"{kind}-{_slug(city)}", published, now)


def _negatives(dice: Random, kind: str, city: str, n: int, now: datetime) -> Iterator[Article]:
    place, country = dice.choice(list(ELSEWHERE.items()))
    site = dice.choice(SITES)
    lead = KINDS[kind].format(site=site, city=place, country=country) + "."
    text = " ".join([lead, *_sentences(dice, 7)])
    yield _article(f"{kind.capitalize()} at {site} of {place}", text, "harbour.example", f"elsewhere-{n}", now, now)
    joy = dice.choice(list(PEACEFUL))
    lead = PEACEFUL[joy].format(site=dice.choice(SITES), city=city, country=COUNTRIES[CITIES[city][0]]) + "."
    text = " ".join([lead, *_sentences(dice, 7)])
    yield _article(f"{joy} delights {city}", text, "meridian.example", f"peace-{n}", now, now)


def _filler(dice: Random, n: int, now: datetime) -> Article:
    return _article(f"Report number {n}", f"Notes of day {n}. " + " ".join(_sentences(dice, 6)), "notes.example",
                    f"filler-{n}", now, now)  # fmt: skip


def _sentences(dice: Random, count: int) -> list[str]:
    """Sentences of invented words: real ones would make likeness between what has nothing to do with each other."""
    return [
        f"The {_word(dice)} {_word(dice)} of {_word(dice)} had {dice.randint(3, 999)} {_word(dice)} {_word(dice)}, and "
        f"{_word(dice).capitalize()} {_word(dice).capitalize()} {_word(dice)} the {_word(dice)} {_word(dice)}."
        for _ in range(count)
    ]


def _slug(city: str) -> str:
    return city.lower().replace(" ", "-")


def _word(dice: Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=3))


def _article(title: str, text: str, outlet: str, path: str, published: datetime, now: datetime) -> Article:
    url = f"https://{outlet}/{path.lower()}"
    return article(title, text, url=url, source=Source(outlet, outlet), published_at=published, fetched_at=now,
                   lineage=Lineage(producer="rss"))  # fmt: skip
