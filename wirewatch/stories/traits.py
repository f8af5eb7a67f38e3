"""What of an article tells its event apart from others: names, places, numbers, days, and a print of its text.

Pure: a tagged article in, its traits out. Names are hashed to 32 bits, because a million articles are held at once; two
names of one hash are one name here, which costs nothing that can be measured.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from wirewatch.models import Mention, TaggedArticle, Tags
from wirewatch.stories.calendar import MONTHS, WEEKDAYS, days, fold, number
from wirewatch.stories.credit import Told, told
from wirewatch.stories.prints import Print, text_print

MINOR = 0.35
"""Weight of what half the world's news is about (countries, governments, international bodies) beside other names."""

_WORD = re.compile(r"[^\W_]+(?:['’ʼ.-][^\W_]+)*")
_WORD_BETWEEN = re.compile(rf"({_WORD.pattern})")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’»)]*\s+|\n+")
_OPENS = tuple('"“«„»‘:')
_MINOR_KINDS = frozenset({"government", "international_org", "armed_forces", "media"})
_FUNCTION_WORDS = (
    "the a an i it he she they we you this that these those in on at of for to from by with as and or but if when "
    "while after before his her their its our my not no one two there here what who where why how mr mrs ms dr sir "
    "president prime minister general king queen prince pope governor mayor senator ayatollah sheikh colonel captain "
    "chief state city province region county district north south east west northern southern eastern western central "
    "ministry government parliament court police army god tv read also subscribe photo"
)
_NO_NAMES = frozenset(_FUNCTION_WORDS.split()) | set(MONTHS) | set(WEEKDAYS)
_AFTERMATH = re.compile(
    r"\b(toll|rises?|rose|climb(s|ed)?|reach(es|ed)?|arrest\w*|held|detain\w*|bur(y|ies|ied)|funeral|suspect\w*|charged?|"
    r"probe|survivors?|rescue\w*|found|recovered|freed|free|claims?|says?|sacks?|review|mourn\w*|victims?|after|"
    r"under control|aftermath|search\w*|evacuat\w*|reopen\w*|resign\w*|den(y|ies)|condemn\w*|identified|dies|released|"
    r"seek|vow\w*|repl(y|ies)|response|responds?|retaliat\w*|react\w*|inquiry|investigat\w*|trial|hostages)\b",
    re.IGNORECASE,
)
"""Words of a headline that tells what came of an event that readers know."""
_HUMAN_COST = re.compile(
    r"(kill|dead|die|death|bodies|drown|live|massac|toll|murder|abduct|kidnap|missing|seiz|swap|prison)"
)
_LEAD_SENTENCES = 2


class Traits(msgspec.Struct, frozen=True):
    """An article as the stories see it; times are whole seconds and proleptic days, names are 32-bit hashes.

    ``weights`` says how much each name, place and actor counts before its rarity is known.
    """

    at: int
    weights: dict[int, float]
    lead: frozenset[int]
    minor: frozenset[int]
    places: frozenset[int]
    actors: frozenset[int]
    key_places: frozenset[int]
    title_places: frozenset[int]
    lead_ids: frozenset[int]
    numbers: frozenset[int]
    title_numbers: frozenset[int]
    days: frozenset[int]
    lead_day: int | None
    event_day: int
    aftermath: bool
    title_words: frozenset[str]
    countries: frozenset[str]
    text: Print
    agency: str | None
    only_known: bool
    """The language writes every noun with a capital: only names that others used count."""


def hashed(name: str) -> int:
    """32 bits that stand for a name, the same on every machine."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))


def traits(tagged: TaggedArticle) -> Traits:
    """The traits of ``tagged``."""
    article, tags = tagged.article, tagged.tags
    credited = told(article)
    title = _Sentence.of(article.title)
    parts = [part for part in _SENTENCE.split(credited.body) if part and not part.isspace()]
    sentences = [_Sentence.of(part) for part in parts]
    lead_words = [*title.folded, *(word for sentence in sentences[:_LEAD_SENTENCES] for word in sentence.folded)]
    text_words = [word for sentence in sentences for word in sentence.folded]
    all_words = [*title.folded, *text_words]
    counts, lead = _names(tags, credited, title, sentences, text_words)
    minor = _minor_words(tags)
    weights = {hashed(w): (MINOR if w in minor else 1.0) * (1 + _SOME_MORE[min(n, 5)]) for w, n in counts.items()}
    weights.update(_id_weights(tags))
    published = article.timestamp.date()
    found, lead_found = days(all_words, published), days(lead_words, published)
    counted = lead_found or found
    key_places, title_places, lead_ids = _lead_ids(
        tags, credited, sum(len(part) + 1 for part in parts[:_LEAD_SENTENCES])
    )
    return Traits(
        at=int(article.timestamp.timestamp()),
        weights=weights,
        lead=frozenset(hashed(word) for word in lead),
        minor=frozenset(hashed(word) for word in counts if word in minor),
        places=frozenset(_place(tag.id) for tag in tags.places if tag.id and tag.role == "place"),
        actors=frozenset(_actor(tag.id) for tag in tags.actors),
        key_places=key_places,
        title_places=title_places,
        lead_ids=lead_ids,
        numbers=frozenset(value for value in map(number, set(all_words)) if value is not None),
        title_numbers=_human_cost(title.folded),
        days=frozenset(found),
        lead_day=max(lead_found, default=None),
        event_day=max(counted, key=lambda day: (counted[day], day)) if counted else published.toordinal(),
        aftermath=bool(_AFTERMATH.search(article.title)),
        title_words=title_words(article.title),
        countries=frozenset(tag.country_code for tag in tags.places if tag.country_code),
        text=text_print(text_words, title.folded),
        agency=credited.agency,
        only_known=(tags.language or article.language) == "de",
    )


def title_words(title: str) -> frozenset[str]:
    """The words of a headline by which two headlines are compared."""
    return frozenset(word for word in map(str.lower, _WORD.findall(title)) if len(word) > 3)


_SOME_MORE = (0.0, 0.0, 0.21, 0.33, 0.42, 0.48)
"""What a name's being repeated adds to its weight: 0.3 times the logarithm, no more than for five."""


class _Sentence(NamedTuple):
    """A sentence's words as they stand there and folded, and what stands before each of them."""

    words: list[str]
    folded: list[str]
    gaps: list[str]

    @classmethod
    def of(cls, sentence: str) -> _Sentence:
        parts = _WORD_BETWEEN.split(sentence)
        words = parts[1::2]
        return cls(words, list(map(fold, words)), parts[::2])

    def opens(self, at: int) -> bool:
        """Whether a word opens it, or what somebody says in it."""
        return at == 0 or self.gaps[at].rstrip().endswith(_OPENS)

    def names(self) -> Iterable[tuple[str, bool]]:
        """Its capitalised words, folded, and whether each only opens it (or a quotation), and no longer name."""
        words = self.words
        for at in [at for at, word in enumerate(words) if word[0].isupper()]:
            opens = self.opens(at)
            goes_on = opens and at + 1 < len(words) and words[at + 1][0].isupper()
            yield self.folded[at], opens and not (goes_on and self.gaps[at + 1] in (" ", "-"))


def _names(
    tags: Tags,
    credited: Told,
    title: _Sentence,
    sentences: Sequence[_Sentence],
    text_words: list[str],
) -> tuple[dict[str, int], set[str]]:
    """Capitalised words that are names and how often they stand there, and those of headline and lead.

    A word that opens a sentence counts where it is seen inside one too, or goes on into another name.
    """
    agency = {fold(word) for word in (credited.agency or "").split()}
    mentioned = {fold(word) for mention in tags.mentions for word in _WORD.findall(mention.name) if word[0].isupper()}
    counts: dict[str, int] = {}
    openers: dict[str, int] = {}
    lead: set[str] = set()
    for position, sentence in enumerate(sentences):
        for word, opens in sentence.names():
            if _no_name(word) or word in agency:
                continue
            where = openers if opens else counts
            where[word] = where.get(word, 0) + 1
            if position < _LEAD_SENTENCES:
                lead.add(word)
    shouted = len(title.words) > 3 and sum(word[0].isupper() for word in title.words) > 0.7 * len(title.words)
    for at, word in enumerate(title.folded):
        if not title.words[at][0].isupper() or _no_name(word) or word in agency:
            continue
        known = word in counts or word in openers
        if known or (not shouted and (not title.opens(at) or word in mentioned)):
            counts[word] = counts.get(word, 0) + 1
            lead.add(word)
    for word, times in openers.items():
        only_capitals = word in mentioned and text_words.count(word) == times  # nowhere in lower case
        if word in counts or only_capitals:
            counts[word] = counts.get(word, 0) + times
    for word in map(fold, _WORD.findall(credited.place)):
        if not _no_name(word):
            counts[word] = counts.get(word, 0) + 1
            lead.add(word)
    return counts, lead & counts.keys()


def _no_name(word: str) -> bool:
    return len(word) < 2 or word in _NO_NAMES or word[0].isdigit()


def _minor_words(tags: Tags) -> set[str]:
    kinds = {actor.id: actor.kind for actor in tags.actors}
    names = [tag.name for tag in tags.places if tag.precision == "country" or tag.role == "demonym"]
    names += [
        mention.name
        for mention in tags.mentions
        if mention.type != "place" and kinds.get(mention.entity_id or "") in _MINOR_KINDS
    ]
    return {fold(word) for name in names for word in _WORD.findall(name)}


_ID_WEIGHT = 0.5
"""Weight of an actor or a place beside its own name, which counts too."""


def _id_weights(tags: Tags) -> dict[int, float]:
    weights = {_actor(tag.id): _ID_WEIGHT * (MINOR if tag.kind == "government" else 1.0) for tag in tags.actors}
    for tag in tags.places:
        if tag.id and tag.role == "place":
            exact = tag.precision in ("city", "site")
            weights[_place(tag.id)] = _ID_WEIGHT * (1.0 if exact else MINOR if tag.precision == "country" else 0.6)
    return weights


def _place(place_id: str) -> int:
    return hashed("@" + place_id)


def _actor(actor_id: str) -> int:
    return hashed("#" + actor_id)


def _lead_ids(tags: Tags, credited: Told, lead_length: int) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Places that say where it happened (of headline and lead, of the headline alone), and all ids of both.

    The dateline is none of them.
    """
    precise = {tag.id for tag in tags.places if tag.precision in ("city", "site", "admin2") and tag.role == "place"}
    key_places, title_places, ids = set(), set(), set()
    for mention in tags.mentions:
        if mention.entity_id is None or mention.role == "demonym":
            continue
        if _in_lead(mention, credited.start, lead_length):
            place = mention.type == "place"
            number = _place(mention.entity_id) if place else _actor(mention.entity_id)
            ids.add(number)
            if place and mention.entity_id in precise:
                key_places.add(number)
                if mention.field == "title":
                    title_places.add(number)
    return frozenset(key_places), frozenset(title_places), frozenset(ids)


def _in_lead(mention: Mention, start: int, length: int) -> bool:
    return mention.field == "title" or start <= mention.start < start + length


def _human_cost(words: Sequence[str]) -> frozenset[int]:
    """Numbers near a word for deaths and the like."""
    near: set[int] = set()
    for at, word in enumerate(words):
        if _HUMAN_COST.match(word):
            near.update(_positive(words[max(0, at - 5) : at + 6]))
    return frozenset(near)


def _positive(words: Iterable[str]) -> Iterable[int]:
    return (value for value in map(number, words) if value)
