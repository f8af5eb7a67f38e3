"""The rules in the index: every change is a new version, and nothing of a rule is ever lost."""

from __future__ import annotations

from typing import Any

import msgspec
from elasticsearch import ConflictError, Elasticsearch

from wirewatch.alerts.rule import Rule
from wirewatch.errors import IndexMissing, UserMistake
from wirewatch.search.client import as_our_errors, asking
from wirewatch.search.documents import ALERT_RULES, rule_document
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

_AT_ONCE = 1_000
_OVERLAP = 50
"""Numbers of writes looked at again: two that were under way at once may become visible in the other order."""

_NOT_HISTORY = ["history"]


class RuleBook:
    """The rules as one consumer knows them; `update` brings in what has changed since it was last asked."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self._seen = -1

    def update(self, es: Elasticsearch, settings: Settings) -> list[Rule]:
        """The rules that are other than the last time this was asked."""
        changed: list[Rule] = []
        after = max(self._seen - _OVERLAP, -1)
        while True:
            with as_our_errors(settings):
                answer = es.search(
                    index=alias_of(settings, ALERT_RULES),
                    query={"range": {"_seq_no": {"gt": after}}},
                    sort=[{"_seq_no": "asc"}],
                    size=_AT_ONCE,
                    seq_no_primary_term=True,
                    source_excludes=_NOT_HISTORY,
                )
            hits = answer["hits"]["hits"]
            for hit in hits:
                after = hit["_seq_no"]
                self._seen = max(self._seen, after)
                rule = msgspec.convert(hit["_source"], Rule)
                if self.rules.get(rule.id) != rule:
                    self.rules[rule.id] = rule
                    changed.append(rule)
            if len(hits) < _AT_ONCE:
                return changed


def get_rule(settings: Settings, rule_id: str) -> Rule | None:
    """The rule with its history, in its very last state; None where there never was one."""
    with asking(settings) as es:
        found = es.options(ignore_status=404).get(index=alias_of(settings, ALERT_RULES), id=rule_id)
    return msgspec.convert(found["_source"], Rule) if found.get("found") else None


def all_rules(settings: Settings) -> list[Rule]:
    """Every rule with its history, deleted ones too, by id; none where there is no index yet."""
    found: list[Rule] = []
    after: list[Any] | None = None
    try:
        with asking(settings) as es:
            while True:
                answer = es.search(
                    index=alias_of(settings, ALERT_RULES),
                    query={"match_all": {}},
                    sort=[{"id": "asc"}],
                    size=_AT_ONCE,
                    search_after=after,
                )
                hits = answer["hits"]["hits"]
                found += [msgspec.convert(hit["_source"], Rule) for hit in hits]
                if len(hits) < _AT_ONCE:
                    return found
                after = hits[-1]["sort"]
    except IndexMissing:
        return []


def save_rules(settings: Settings, rules: list[Rule]) -> None:
    """Store each rule over the version before it; they are found at once, and by every alerter within a second.

    Raises UserMistake where somebody else was faster: nothing of theirs is overwritten.
    """
    with asking(settings, timeout_s=max(30.0, settings.connect_timeout_s)) as es:
        for rule in rules:
            try:
                es.index(
                    index=alias_of(settings, ALERT_RULES),
                    id=rule.id,
                    document=rule_document(rule),
                    version=rule.version,
                    version_type="external",
                    require_alias=True,
                    refresh=len(rules) == 1,
                )
            except ConflictError:
                raise UserMistake(
                    f"rule {rule.id} was changed by somebody else just now; `wirewatch alerts show {rule.id}` "
                    "shows how it is, then try again"
                ) from None
        if len(rules) > 1:
            es.indices.refresh(index=alias_of(settings, ALERT_RULES))
