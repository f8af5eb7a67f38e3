"""Why an article does not meet a rule: which condition failed, and how nearly it was met."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from wirewatch.alerts import conditions, words
from wirewatch.alerts.match import checks_of, parsed
from wirewatch.alerts.query import And, Not, Or, Query, Term, terms
from wirewatch.alerts.render import reason_text
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.seen import Seen
from wirewatch.models import Condition, Story, TaggedArticle


class Answer(msgspec.Struct, frozen=True):
    """One condition of a rule and an article: whether it is met, and in words what was found or what is lacking."""

    condition: Condition
    met: bool
    says: str


def why_not(rule: Rule, article: TaggedArticle | Seen, story: Story) -> tuple[Answer, ...]:
    """Each condition of ``rule`` with whether ``article`` meets it and, where it does not, how nearly."""
    seen = article if isinstance(article, Seen) else Seen(article)
    answers: list[Answer] = []
    for condition, check in checks_of(rule):
        met = list(check(rule, seen, story))
        if met:
            answers.append(Answer(condition, True, "; ".join(map(reason_text, met))))
        else:
            answers.append(Answer(condition, False, _LACKING[condition](rule, seen, story)))
    if rule.min_sources > 1:
        enough = story.independent_outlets >= rule.min_sources
        says = f"{story.independent_outlets} of {rule.min_sources} independent outlets tell the story"
        answers.append(Answer("min_sources", enough, says))
    return tuple(answers)


def _no_text(rule: Rule, seen: Seen, _story: Story) -> str:
    return "; ".join(_failing(parsed(rule.text or ""), seen))


def _failing(query: Query, seen: Seen) -> Iterator[str]:
    """In words, the parts of ``query`` because of which it does not hold."""
    match query:
        case Term():
            yield _missing(query, seen)
        case Not(part):
            there = [term.written for term, negated in terms(part) if not negated and words.find(term, seen)]
            yield f"{' and '.join(there) or 'what NOT excludes'} is there and must not be"
        case And(parts):
            for part in parts:
                if not words.holds(part, seen):
                    yield from _failing(part, seen)
        case Or(parts):
            yield f"none of {', '.join(term.written for part in parts for term, _ in terms(part))} is there"


def _missing(term: Term, seen: Seen) -> str:
    where = "in the title" if term.title else "there"
    if len(term.tokens) > 1 and all(token in seen.words for token in term.tokens):
        return f"the words of {term.written} are there, but not together" + (" in the title" if term.title else "")
    if term.title and all(token in seen.words for token in term.tokens):
        return f"{term.written} is in the text, but not in the title"
    lacking = [token for token in term.tokens if token not in seen.words] or list(term.tokens)
    stem = lacking[0][: max(4, len(lacking[0]) - 3)]
    like = sorted({word for word in seen.words if word.startswith(stem)} - set(term.tokens))[:3]
    nearly = f", only {', '.join(like)} (write {stem}* for any ending)" if like and len(stem) >= 4 else ""
    return f"{term.written} is not {where}{nearly}"


def _no_actor(rule: Rule, seen: Seen, _story: Story) -> str:
    wanted = rule.actors or rule.actors_all
    named = [actor for actor in wanted if actor in seen.actors]
    if rule.about and named:
        return f"{', '.join(named)} is named, but the article is not about it"
    lacking = [actor for actor in wanted if actor not in seen.actors]
    return f"{', '.join(lacking)} is not named; named are {', '.join(list(seen.actors)[:8]) or 'no actors'}"


def _no_kind(rule: Rule, seen: Seen, _story: Story) -> str:
    found = sorted({tag.kind for tag in seen.tags.actors})
    return f"no {' or '.join(rule.kinds)} is named; the actors are {', '.join(found) or 'none'}"


def _not_near(rule: Rule, seen: Seen, _story: Story) -> str:
    said = []
    for asked in rule.near:
        closest = conditions.nearest(asked, rule, seen)
        if closest is None:
            about = " that the article is about" if rule.about else ""
            said.append(f"no place of city precision or finer{about} was found")
        else:
            km, place = closest
            asks = f"{asked.within_km:g} km are asked"
            said.append(f"the place nearest to {asked.place} is {place.name}, {km:.0f} km away; {asks}")
    return "; ".join(said)


def _not_inside(rule: Rule, seen: Seen, _story: Story) -> str:
    found = [place.name for place in seen.tags.places if place.role == "place"][:8]
    asked = " or ".join(area.place for area in rule.inside)
    return f"no place lies inside {asked}; the places are {', '.join(found) or 'none'}"


def _no_country(rule: Rule, seen: Seen, _story: Story) -> str:
    found = ", ".join(sorted(seen.countries)) or "none"
    return f"nothing lies in {' or '.join(rule.countries)}; the countries are {found}"


def _no_source(rule: Rule, seen: Seen, _story: Story) -> str:
    return f"it is of {seen.outlet or 'an unknown outlet'}, not of {' or '.join(rule.sources)}"


def _no_language(rule: Rule, seen: Seen, _story: Story) -> str:
    return f"its language is {seen.language or 'unknown'}, not {' or '.join(rule.languages)}"


def _too_old(rule: Rule, seen: Seen, story: Story) -> str:
    hours = (seen.article.timestamp - story.first_seen).total_seconds() / 3600
    return f"the story began {hours:.0f} h before; {rule.exclude_stories_older_than} is the limit"


_LACKING: dict[Condition, Callable[[Rule, Seen, Story], str]] = {
    "text": _no_text,
    "actors": _no_actor,
    "actors_all": _no_actor,
    "kinds": _no_kind,
    "near": _not_near,
    "inside": _not_inside,
    "countries": _no_country,
    "sources": _no_source,
    "languages": _no_language,
    "exclude_stories_older_than": _too_old,
}


def answers_text(answers: tuple[Answer, ...]) -> str:
    """What a rule asks of an article, line by line, the met and the unmet."""
    return "\n".join(f"{'met' if answer.met else 'NOT':<4}{answer.condition}: {answer.says}" for answer in answers)
