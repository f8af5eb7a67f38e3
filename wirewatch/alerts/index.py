"""Ten thousand rules at the price of a few: each stands under the rarest word or id that it cannot do without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import ceil, cos, radians

from wirewatch.alerts import conditions
from wirewatch.alerts.match import checks_of, parsed
from wirewatch.alerts.query import And, Not, Or, Query, Term
from wirewatch.alerts.rule import Near, Rule
from wirewatch.alerts.seen import CELL_DEGREES, Seen, cell
from wirewatch.alerts.words import holds
from wirewatch.models import Condition, Story

KM_PER_DEGREE = 111.0
MOST_CELLS = 400
"""A rule that reaches over more squares stands under "any place"."""

SAMPLE_EVERY = 8
"""Articles of which the keys are counted; how often a key comes is needed roughly, not exactly."""

Keys = frozenset[str]

_ASKS: dict[Condition, Callable[[Rule, Seen], bool]] = {"near": conditions.is_near, "actors": conditions.names_any}
"""Conditions that can be asked without writing reasons down, which most rules have no use for."""


class _Entry:
    """A rule ready to be judged: what it needs at least, and what is left to ask when that is there."""

    __slots__ = ("asks", "checks", "needs", "query", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        query = parsed(rule.text) if rule.text else None
        self.needs = frozenset(_needed(query)) if query else frozenset()
        self.query = None if query is None or _only_words(query) else query
        self.asks = [_ASKS[name] for name, _ in checks_of(rule) if name in _ASKS]
        self.checks = [check for name, check in checks_of(rule) if name not in _ASKS and name != "text"]

    def meets(self, seen: Seen, story: Story) -> bool:
        """Whether `match` would find reasons, without the work of writing them down."""
        return (
            self.needs <= seen.words
            and (self.query is None or holds(self.query, seen))
            and all(ask(self.rule, seen) for ask in self.asks)
            and all(next(check(self.rule, seen, story), None) is not None for check in self.checks)
        )


class RuleIndex:
    """The active rules, found by what an article holds.

    ``counts`` says how often each key comes in articles; without it short words are taken for frequent.
    """

    def __init__(self, rules: Iterable[Rule] = (), counts: Counter[str] | None = None) -> None:
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._counted = self.counts.total()
        self._entries: dict[str, _Entry] = {}
        self._under: dict[str, Keys] = {}
        self._by_key: dict[str, dict[str, _Entry]] = {}
        self._prefixes: Counter[str] = Counter()
        self._lengths: tuple[int, ...] | None = ()
        self._prefixes_of: dict[str, tuple[str, ...]] = {}
        self.articles = 0
        for rule in rules:
            self.put(rule)

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, rule: Rule) -> None:
        """Take a rule in, over its former version; one that is not active is taken out."""
        self.remove(rule.id)
        if rule.state != "active":
            return
        entry = self._entries[rule.id] = _Entry(rule)
        keys = self._under[rule.id] = anchors(rule, self._cost) or frozenset({"any"})
        for key in keys:
            self._by_key.setdefault(key, {})[rule.id] = entry
            if key.startswith("prefix:"):
                self._prefixes[key.removeprefix("prefix:")] += 1
                self._lengths = None

    def remove(self, rule_id: str) -> None:
        """Take a rule out, if it is in."""
        if self._entries.pop(rule_id, None) is None:
            return
        for key in self._under.pop(rule_id):
            under = self._by_key[key]
            del under[rule_id]
            if not under:
                del self._by_key[key]
            if key.startswith("prefix:"):
                self._prefixes[key.removeprefix("prefix:")] -= 1
                self._lengths = None

    def matching(self, seen: Seen, story: Story) -> list[Rule]:
        """The rules that the article meets; `match` says why."""
        keys = seen.keys()
        self.articles += 1
        if self.articles % SAMPLE_EVERY == 0:
            self.counts.update(keys)
            self._counted += len(keys)
        if self._lengths is None:
            self._lengths = tuple(sorted({len(prefix) for prefix, count in self._prefixes.items() if count > 0}))
            self._prefixes_of.clear()
        if self._lengths:
            keys.update(*map(self._with_prefix, seen.words))
        found: dict[str, _Entry] = {}
        for key in self._by_key.keys() & keys:
            found |= self._by_key[key]
        return [entry.rule for entry in found.values() if entry.meets(seen, story)]

    def rebuilt(self) -> RuleIndex:
        """The same rules, each under what has turned out to be rarest."""
        index = RuleIndex([entry.rule for entry in self._entries.values()], self.counts)
        index.articles = self.articles
        return index

    def _cost(self, key: str) -> float:
        """How many articles of a hundred thousand a key is expected in, seen so far or by its look."""
        seen = self._counted
        if seen and not key.startswith("prefix:"):
            return 1.0 + 1e6 * self.counts[key] / seen
        kind, _, rest = key.rpartition(":")
        return _LOOKS_LIKE.get(kind, 0.0) or (1e5 / max(1, len(rest)) ** 2)

    def _with_prefix(self, word: str) -> tuple[str, ...]:
        found = self._prefixes_of.get(word)
        if found is None:
            found = tuple(f"prefix:{word[:n]}" for n in self._lengths or () if self._prefixes.get(word[:n], 0) > 0)
            if len(self._prefixes_of) > 300_000:
                self._prefixes_of.clear()
            self._prefixes_of[word] = found
        return found


_LOOKS_LIKE = {"actor": 2e3, "kind": 5e4, "country": 2e4, "source": 1e4, "inside": 2e4, "cell": 1e3, "any": 1e6}


def anchors(rule: Rule, cost: object) -> Keys | None:
    """Keys of which every article that meets ``rule`` has at least one, the rarest such choice; None: none is sure."""
    weigh = cost if callable(cost) else (lambda _key: 1.0)
    choices: list[Keys] = []
    if rule.text and (of_text := _of_query(parsed(rule.text), weigh)):
        choices.append(of_text)
    members = rule.members if rule.include_members else {}
    if rule.actors:
        choices.append(frozenset(f"actor:{a}" for asked in rule.actors for a in (asked, *members.get(asked, ()))))
    for asked in rule.actors_all:
        choices.append(frozenset(f"actor:{actor}" for actor in (asked, *members.get(asked, ()))))
    if rule.kinds:
        choices.append(frozenset(f"kind:{kind}" for kind in rule.kinds))
    if rule.near:
        choices.append(frozenset(key for asked in rule.near for key in _cells(asked)))
    if rule.inside:
        choices.append(frozenset(f"inside:{area.admin1 or area.country}" for area in rule.inside))
    if rule.countries:
        choices.append(frozenset(f"country:{code}" for code in rule.countries))
    if rule.sources:
        choices.append(frozenset(f"source:{name.casefold().removeprefix('www.')}" for name in rule.sources))
    return min(choices, key=lambda keys: sum(map(weigh, keys)), default=None)


def _of_query(query: Query, weigh: object) -> Keys | None:
    assert callable(weigh)
    match query:
        case Term(tokens, prefix=prefix):
            firm = tokens[:-1] if prefix else tokens
            return frozenset({min(firm or (f"prefix:{tokens[0]}",), key=weigh)})
        case Not():
            return None
        case And(parts):
            found = [keys for part in parts if (keys := _of_query(part, weigh))]
            return min(found, key=lambda keys: sum(map(weigh, keys)), default=None)
        case Or(parts):
            each = [_of_query(part, weigh) for part in parts]
            return None if None in each else frozenset().union(*(keys for keys in each if keys))


def _needed(query: Query) -> Iterable[str]:
    """Words without which the query cannot hold."""
    match query:
        case Term(tokens, prefix=prefix):
            yield from tokens[:-1] if prefix else tokens
        case And(parts):
            for part in parts:
                yield from _needed(part)


def _only_words(query: Query) -> bool:
    """Whether the query asks for nothing but that its words are there."""
    match query:
        case Term(tokens, prefix=False, title=False):
            return len(tokens) == 1
        case And(parts):
            return all(map(_only_words, parts))
        case _:
            return False


def _cells(asked: Near) -> Keys:
    """The squares that may hold a point within the distance; one more on each side, for the earth is round."""
    reach = asked.within_km / KM_PER_DEGREE
    south, north = asked.point.lat - reach, asked.point.lat + reach
    if south < -85 or north > 85:
        return frozenset({"cell:any"})
    across = reach / cos(radians(max(abs(south), abs(north))))
    rows, columns = ceil(reach / CELL_DEGREES) + 1, ceil(across / CELL_DEGREES) + 1
    if (2 * rows + 1) * (2 * columns + 1) > MOST_CELLS:
        return frozenset({"cell:any"})
    return frozenset(
        cell(asked.point.lat + y * CELL_DEGREES, asked.point.lon + x * CELL_DEGREES)
        for y in range(-rows, rows + 1)
        for x in range(-columns, columns + 1)
    )
