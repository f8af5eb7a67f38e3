"""Whether an article meets a rule, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from wirewatch.alerts import conditions, words
from wirewatch.alerts.query import parse
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.seen import Seen
from wirewatch.models import Condition, Reason, Story, TaggedArticle

Check = Callable[[Rule, Seen, Story], Iterator[Reason]]

parsed = lru_cache(maxsize=50_000)(parse)
"""The tree of a rule's text; a rule's text is read once, however many articles come."""


def _text(rule: Rule, seen: Seen, _story: Story) -> Iterator[Reason]:
    query = parsed(rule.text or "")
    if not words.holds(query, seen):
        return
    found = False
    for reason in words.reasons(query, seen):
        found = True
        yield reason
    if not found:  # nothing but NOT: there is no word to show
        yield Reason("text", asked=rule.text)


CHECKS: dict[Condition, tuple[Callable[[Rule], object], Check]] = {
    "text": (lambda rule: rule.text, _text),
    "actors": (lambda rule: rule.actors, lambda rule, seen, _: conditions.actors_any(rule, seen)),
    "actors_all": (lambda rule: rule.actors_all, lambda rule, seen, _: conditions.actors_all(rule, seen)),
    "kinds": (lambda rule: rule.kinds, lambda rule, seen, _: conditions.kinds(rule, seen)),
    "near": (lambda rule: rule.near, lambda rule, seen, _: conditions.near(rule, seen)),
    "inside": (lambda rule: rule.inside, lambda rule, seen, _: conditions.inside(rule, seen)),
    "countries": (lambda rule: rule.countries, lambda rule, seen, _: conditions.countries(rule, seen)),
    "sources": (lambda rule: rule.sources, lambda rule, seen, _: conditions.sources(rule, seen)),
    "languages": (lambda rule: rule.languages, lambda rule, seen, _: conditions.languages(rule, seen)),
    "exclude_stories_older_than": (lambda rule: rule.exclude_stories_older_than, conditions.story_age),
}
"""Each condition: whether a rule has it, and what in an article meets it (nothing = not met)."""


def match(rule: Rule, article: TaggedArticle | Seen, story: Story) -> tuple[Reason, ...]:
    """Why ``article`` of ``story`` meets ``rule``: a reason or more for each condition; empty where it does not.

    How many outlets tell the story is not asked here: what else is met and waits for them is an alert that waits.
    Raises QueryError for a rule whose text cannot be read.
    """
    seen = article if isinstance(article, Seen) else Seen(article)
    found: list[Reason] = []
    for has, check in checks_of(rule):
        met = list(check(rule, seen, story))
        if not met:
            return ()
        found += met if has != "exclude_stories_older_than" else []
    return tuple(found) or (Reason("everything"),)


def checks_of(rule: Rule) -> list[tuple[Condition, Check]]:
    """The conditions that ``rule`` has, the cheapest to refuse first."""
    return [(name, check) for name, (has, check) in CHECKS.items() if has(rule)]
