"""Whether an article and a story tell the same event: one number, and what forbids it whatever the number.

The number is the log-odds of a logistic regression. Its weights were fitted on tests/gold/stories_tuned.jsonl, the
development sets and unrelated news of one day, and rounded; docs/stories.md shows what each is for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from wirewatch.stories.prints import FEWEST_MARKS
from wirewatch.stories.profile import Profile
from wirewatch.stories.traits import Traits

ENOUGH = -2.0
"""From this score on an article joins a story."""
SURELY = ENOUGH + 8.0
"""A second story that the article fits as well as this is linked with the first one."""

SHARED_NAMES = OWN_NAMES = 6.0
LEAD_NAMES = 1.0
SAME_DAY = 1.6
SAME_NUMBERS = 2.3
SAME_LEAD = 0.5
AGE = OTHER_COUNTRIES = MANY_NAMES = 2.0
OTHER_PLACE = 1.1
A_COPY = 20.0
COPY = 0.65
"""From this part of its text on an article is a copy, which no veto keeps out."""
MINOR_RARITY = 0.2
SMALL = 3
"""Numbers up to this one are in every article."""
FEW = 10
"""Names that even the shortest text is taken to have: what shares one of two with a story has little in common."""
SHORT = 60
"""A text of so few shingles is a form that was filled in anew where names or numbers differ."""
_OF_ONE_LENGTH = 0.85
_NAMES_ENOUGH = 4.0
"""So many rare names of its own, and a story has all the weight that they can give it."""
_WORDS_OF_ONE = 20
"""Names of one article: a story with more of them needs as many times more, or the largest would take in everything."""
LIKE_ONE, LIKE_ONE_A_MEMBER = 0.2, 0.01
"""How like one of its latest members an article must be, by the number of members: a story that many articles have
joined has a little of everything, and without this takes in more and more of what is like none of them."""


class Weighed(msgspec.Struct, frozen=True):
    """An article's traits, and what they weigh among all that is remembered when it is judged.

    ``vector`` is the unit vector of its names, ``worth`` how rare each is (0..1, less where it is minor), ``seen`` in
    how many articles it stands.
    """

    traits: Traits
    vector: dict[int, float]
    worth: dict[int, float]
    seen: dict[int, int]
    lead_worth: float
    marks: frozenset[int]

    @classmethod
    def by(cls, traits: Traits, *, rarity: Callable[[int], float], seen: Callable[[int], int]) -> Weighed:
        """Weigh ``traits``; ``rarity`` of a name is 0..1."""
        times = {name: seen(name) for name in traits.weights}
        rare = {name: rarity(name) for name in traits.weights}
        weights = {
            name: weight * rare[name] for name, weight in traits.weights.items() if times[name] or not traits.only_known
        }
        length = math.sqrt(sum([weight * weight for weight in weights.values()])) or 1.0
        worth = {name: rare[name] * (MINOR_RARITY if name in traits.minor else 1.0) for name in rare}
        return cls(
            traits,
            {name: weight / length for name, weight in weights.items()},
            worth,
            times,
            sum([worth[name] for name in traits.lead]),
            traits.text.marks(),
        )


class Likeness(msgspec.Struct, frozen=True):
    """How like a story an article is; ``veto`` names what makes it another event of the same kind."""

    score: float
    veto: str | None
    text: float

    @property
    def joins(self) -> bool:
        """Whether the article belongs to the story."""
        return self.veto is None and self.score >= ENOUGH


def likeness(article: Weighed, story: Profile, *, window: int) -> Likeness:
    """Compare ``article`` with ``story``; what has too little of the story is not looked at for a veto."""
    traits, centroid = article.traits, story.centroid
    cosine = sum([weight * centroid[name] for name, weight in article.vector.items() if name in centroid]) / story.norm
    text = _text(article, story)
    score = (
        SHARED_NAMES * math.sqrt(max(0.0, cosine))
        + OWN_NAMES * _own_names(article, story)
        + LEAD_NAMES * _lead_names(article, story)
        + SAME_DAY * (story.event_day in traits.days)
        + SAME_NUMBERS * min(3, sum([value > SMALL for value in traits.numbers & story.numbers])) / 3
        + SAME_LEAD * min(3, len(traits.lead_ids & story.lead_ids))
        - AGE * (traits.at - story.first) / window
        - OTHER_COUNTRIES * _elsewhere(traits, story)
        - OTHER_PLACE * _other_place(traits, story)
        - MANY_NAMES * math.log(1 + max(FEW, len(traits.weights)))
    )
    if text >= COPY:
        score += A_COPY * text
    if score < ENOUGH:
        return Likeness(score, None, text)
    veto = _veto(traits, story, cosine, text)
    if veto is None and text < COPY and not _like_one(article.vector, story):
        veto = "like the whole and none of its articles"
    return Likeness(score, veto, text)


def _text(article: Weighed, story: Profile) -> float:
    """The part of its text that it has in common with one of the latest, 0..1."""
    if len(article.marks & story.marks) < FEWEST_MARKS:
        return 0.0
    mine = article.traits.text
    return max([mine.contained(member.text) for member in story.latest])


def _own_names(article: Weighed, story: Profile) -> float:
    """What the shared names say by being rare and almost only this story's, 0..1."""
    words, worth, seen = story.words, article.worth, article.seen
    shared = [(name, words[name]) for name in worth if name in words]
    own = sum([worth[name] * times / max(seen[name], times) for name, times in shared])
    return min(1.0, own / (_NAMES_ENOUGH * max(1.0, len(words) / _WORDS_OF_ONE)))


def _lead_names(article: Weighed, story: Profile) -> float:
    """Which part of the names in headline and lead, by their rarity, the story has in its headlines and leads, 0..1."""
    worth = article.worth
    return sum([worth[name] for name in article.traits.lead & story.lead]) / max(1.0, article.lead_worth)


def _like_one(vector: dict[int, float], story: Profile) -> bool:
    needed = 255 * min(LIKE_ONE, LIKE_ONE_A_MEMBER * story.members)
    return story.members == 1 or any(
        sum(
            [
                vector[name] * weight
                for name, weight in zip(one.trace.names, one.trace.weights, strict=True)
                if name in vector
            ]
        )
        >= needed
        for one in reversed(story.latest)
    )


def _overlap(words: frozenset[str], others: frozenset[str]) -> float:
    return len(words & others) / max(1, min(len(words), len(others)))


def _elsewhere(traits: Traits, story: Profile) -> bool:
    return bool(traits.countries) and bool(story.countries) and traits.countries.isdisjoint(story.countries)


def _other_place(traits: Traits, story: Profile) -> bool:
    """Whether headline and lead, or the headline alone, have another town than the story, which is nowhere in it.

    The lead of the next attack often names the place of the last one.
    """
    if not story.key_places:
        return False
    known = story.key_places | story.places
    return any(here and here.isdisjoint(known) for here in (traits.key_places, traits.title_places))


def _veto(traits: Traits, story: Profile, cosine: float, text: float) -> str | None:
    """Why an article that resembles the story tells of another event; None where nothing says so.

    The next attack, vote or quake is told like the last one: the same kind of headline, a later day, other numbers,
    another place. What comes of an event (a toll that rises, an arrest) names the event's day or says so in its
    headline.
    """
    if text >= COPY:
        return _filled_in_anew(traits, story)
    headline = max([_overlap(traits.title_words, member.headline) for member in story.latest], default=0.0)
    unsaid = story.event_day not in traits.days
    later = traits.lead_day is not None and traits.lead_day > story.event_day
    if later and unsaid and not traits.aftermath:
        return "a later day"
    if _other_place(traits, story) and not traits.aftermath and (headline >= 0.3 or cosine < 0.15):
        return "another place"
    counted = bool(traits.title_numbers) and bool(story.title_numbers)
    if counted and traits.title_numbers.isdisjoint(story.title_numbers) and not traits.aftermath and headline >= 0.4:
        return "other numbers"
    if headline >= 0.55 and later and unsaid and text < 0.3:
        return "a headline like the last one's, on a later day"
    return None


def _filled_in_anew(traits: Traits, story: Profile) -> str | None:
    """Why what looks like a copy is none: a short text with another name, or another number, in the same place."""
    mine = traits.text
    if mine.shingles > SHORT or any(member.text.exact == mine.exact for member in story.latest):
        return None
    lengths = (member.text.shingles / mine.shingles for member in story.latest)
    if not any(_OF_ONE_LENGTH <= length <= 1 / _OF_ONE_LENGTH for length in lengths):
        return None  # a part of the text, which lacks names and numbers for that reason
    if traits.numbers - story.numbers and story.numbers - traits.numbers:
        return "the same words with other numbers"
    if traits.lead - story.words.keys() and story.lead - traits.weights.keys():
        return "the same words with other names"
    return None
