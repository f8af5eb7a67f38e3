"""Rules made for people: those that come with wirewatch, a start for who has none, and those that a form describes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from wirewatch.alerts.changes import differences, edited, fields_of
from wirewatch.alerts.names import load_names
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.rules_file import read_rule, read_rules, written
from wirewatch.errors import UserMistake
from wirewatch.resources import seed_rules
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import all_rules, save_rules
from wirewatch.settings import Settings

BY = "wirewatch"


class Kept(msgspec.Struct, frozen=True):
    """A rule as it is kept now, and what became of it."""

    rule: Rule
    what: Literal["added", "changed", "as it was"]


def run(settings: Settings, *, now: datetime) -> int:
    """Store the rules of seeds/rules.toml where there never was a rule; how many were stored."""
    ensure_indices(settings)
    if all_rules(settings):
        return 0
    file = seed_rules()
    rules = read_rules(file.read_text(encoding="utf-8"), load_names(settings), where=file.name)
    save_rules(settings, [edited(None, rule, by=BY, now=now) for rule in rules])
    return len(rules)


def set_rule(settings: Settings, form: Mapping[str, Any], *, by: str, now: datetime, where: str) -> Kept:
    """Keep the rule that ``form`` describes: a new one, or the one of that name as it is to be from now on.

    ``form`` holds fields of a rules file, ``name`` among them; one that is None or empty asks for nothing, one that is
    not in it stays as it is in the rule of that name. The same form again changes nothing. Raises RuleError for a rule
    that has no meaning, and UserMistake where the name does not say which rule is meant.
    """
    ensure_indices(settings)
    known = all_rules(settings)
    before = _called(form["name"], known)
    fields = fields_of(written(before)) if before else {}
    fields = {name: value for name, value in fields.items() if name not in form}
    fields |= {name: value for name, value in form.items() if value not in (None, "", [], ())}
    rule = read_rule(fields, load_names(settings), where=where)
    if before is None:
        before = next((one for one in known if one.id == rule.id), None)
        if before is not None and before.state != "deleted":
            raise UserMistake(f"{where}: {before.name!r} has the id {rule.id} already; give another name, or that one")
    changes = differences({before.id: before} if before else {}, [rule])
    if before is not None and not changes:
        return Kept(before, "as it was")
    after = edited(before, rule, by=by, now=now)
    save_rules(settings, [after])
    return Kept(after, "changed" if changes[0].what == "edit" else "added")


def _called(name: str, rules: list[Rule]) -> Rule | None:
    """The rule of that name that is not deleted; None where there is none."""
    found = [rule for rule in rules if rule.state != "deleted" and rule.name.casefold() == name.strip().casefold()]
    if len(found) > 1:
        ids = ", ".join(rule.id for rule in found)
        raise UserMistake(f"{len(found)} rules are called {name!r} ({ids}); change one with `wirewatch alerts edit`")
    return found[0] if found else None
