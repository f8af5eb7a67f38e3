"""Saying why a name means this place: reasons with their weights, each with the words that it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice

import msgspec

from wirewatch.models import Argument, Choice, Mention, RunnerUp
from wirewatch.tagging.choice import Candidate, Found, Part, Setting
from wirewatch.tagging.evidence import Evidence
from wirewatch.tagging.gazetteer import Place

NAMED = 5
"""Words that a reason names; where more say the same, it says how many."""


def describe(place: Place) -> str:
    """A place in a few words: "Homs, SY (city)"."""
    where = f", {place.country}" if place.country and place.level != "country" else ""
    return f"{place.name}{where} ({place.level})"


def explain(found: list[Found], evidence: Evidence) -> tuple[list[Choice], list[int]]:
    """The choices behind what was found, each once and without its mentions yet, and which of them each one is."""
    numbers: dict[tuple[Setting, str], int] = {}
    choices: list[Choice] = []
    for f in found:
        if (f.setting, f.ground) not in numbers:
            numbers[f.setting, f.ground] = len(choices)
            choices.append(_choice(f, evidence))
    return choices, [numbers[f.setting, f.ground] for f in found]


def with_mentions(choices: list[Choice], of_mentions: Sequence[int | None]) -> tuple[Choice, ...]:
    """The choices with the numbers of their mentions; ``of_mentions[n]`` is the choice behind mention n."""
    mentions: list[list[int]] = [[] for _ in choices]
    for mention, choice in enumerate(of_mentions):
        if choice is not None:
            mentions[choice].append(mention)
    return tuple(
        msgspec.structs.replace(choice, mentions=tuple(its))
        for choice, its in zip(choices, mentions, strict=True)
        if its
    )


def renumbered(choices: Sequence[Choice], old: Sequence[Mention], new: Sequence[Mention]) -> tuple[Choice, ...]:
    """The choices of ``old`` mentions by their numbers among ``new``; those without mentions are left out."""
    numbers = {mention: number for number, mention in enumerate(new)}
    moved = (
        msgspec.structs.replace(c, mentions=tuple(numbers[old[n]] for n in c.mentions if old[n] in numbers))
        for c in choices
    )
    return tuple(choice for choice in moved if choice.mentions)


def in_a_line(choice: Choice) -> str:
    """The reasons for a choice and what it beat, in one line."""
    said = [f"{r.why} {r.weight:+.1f}" if r.weight else r.why for r in choice.reasons]
    beaten = choice.runner_up
    return "; ".join(said + ([f"beat {beaten.name} by {beaten.by:.1f}"] if beaten else []))


def _choice(found: Found, evidence: Evidence) -> Choice:
    beaten = None
    if found.rival is not None:
        beaten = RunnerUp(
            id=found.rival.place.id,
            name=describe(found.rival.place),
            by=round(found.margin, 2),
            reasons=_weighed(found.rival, found, evidence),
        )
    return Choice(
        id=found.place.id,
        name=describe(found.place),
        mentions=(),
        score=round(found.best.score, 2),
        reasons=(_ground(found, evidence), *_weighed(found.best, found, evidence)),
        runner_up=beaten,
    )


def _weighed(candidate: Candidate, found: Found, evidence: Evidence) -> tuple[Argument, ...]:
    reasons = [_argument(part, candidate.place, found, evidence) for part in candidate.parts]
    return tuple(sorted(reasons, key=lambda r: -abs(r.weight)))


def _argument(part: Part, place: Place, found: Found, evidence: Evidence) -> Argument:
    weight, setting = round(part.weight, 2), found.setting
    match part.what:
        case "people":
            known = place.level in ("region", "water")
            capital = ", a capital" if place.capital else ""
            return Argument(weight, "well known" if known else f"{place.population:,} people{capital}")
        case "unusual":
            return Argument(weight, "not its usual name")
        case "other name":
            return Argument(weight, "another name of it")
        case "city first":
            return Argument(weight, "a large city of its country has the same name")
        case "kind":
            return Argument(weight, f"the text calls it a {setting.kind}", (setting.kind_word,))
        case "pair":
            behind = setting.pair.written if setting.pair else ""
            return Argument(weight, f"{behind} stands right behind it", (behind,))
        case "country":
            names = evidence.names(place.country, setting.key)
            return _listed(weight, f"the text names {place.country}", names)
        case "region":
            there = "places in it" if place.level == "admin1" else "its region"
            return _listed(weight, f"the text names {there}", evidence.names(place.admin1, setting.key))
        case _:
            return _listed(
                weight, "the text says elsewhere which one it means", found.sense.behind if found.sense else ()
            )


def _ground(found: Found, evidence: Evidence) -> Argument:
    located: Iterable[str] = evidence.located.get(found.spot.key, ())
    country = evidence.names(found.place.country, found.spot.key)
    match found.ground:
        case "located":
            return _listed(0.0, "something is said to be there", located)
        case "named":
            return _listed(0.0, "its country is named", country)
        case "located and named":
            return _listed(0.0, "something is said to be there and its country is named", chain(located, country))
        case "pair":
            return Argument(
                0.0, "its region stands right behind it", (found.setting.pair.written,) if found.setting.pair else ()
            )
        case other:
            return Argument(0.0, other)


def _listed(weight: float, why: str, words: Iterable[str]) -> Argument:
    """A reason that rests on words of the text: it names the first few, and says so where there are more."""
    known = tuple(islice(words, NAMED + 1))
    shown = ", ".join(known[:NAMED]) + (" and more" if len(known) > NAMED else "")
    return Argument(weight, f"{why} ({shown})", known[:NAMED])
