"""The rules that come with wirewatch: a start for who has none."""

from __future__ import annotations

from datetime import datetime

from wirewatch.alerts.changes import edited
from wirewatch.alerts.names import load_names
from wirewatch.alerts.rules_file import read_rules
from wirewatch.resources import seed_rules
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import all_rules, save_rules
from wirewatch.settings import Settings

BY = "wirewatch"


def run(settings: Settings, *, now: datetime) -> int:
    """Store the rules of seeds/rules.toml where there never was a rule; how many were stored."""
    ensure_indices(settings)
    if all_rules(settings):
        return 0
    file = seed_rules()
    rules = read_rules(file.read_text(encoding="utf-8"), load_names(settings), where=file.name)
    save_rules(settings, [edited(None, rule, by=BY, now=now) for rule in rules])
    return len(rules)
