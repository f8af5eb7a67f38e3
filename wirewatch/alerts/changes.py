"""Changes of rules, each a new version with who made it, when and what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from wirewatch.alerts.rule import Change, Rule
from wirewatch.alerts.rules_file import CONDITIONS, Written, written

KEPT_CHANGES = 200
"""Entries of a rule's history that are kept, the newest."""


class Difference(msgspec.Struct, frozen=True):
    """What loading a rules file would do to one rule: its fields with their values before and after."""

    id: str
    what: str
    fields: dict[str, tuple[Any, Any]] = {}


def edited(before: Rule | None, after: Rule, *, by: str, now: datetime) -> Rule:
    """``after`` as the next version of ``before`` (None: there never was one); active, whatever it was."""
    if before is None:
        return _next(
            msgspec.structs.replace(after, version=0, created_at=now, created_by=by, since=now), "add", by, now
        )
    gone = before.state == "deleted"
    asks_the_same = not gone and all(getattr(before, name) == getattr(after, name) for name in CONDITIONS)
    kept = msgspec.structs.replace(
        after,
        version=before.version,
        created_at=now if gone else before.created_at,
        created_by=by if gone else before.created_by,
        since=before.since if asks_the_same else now,
        muted_stories=before.muted_stories,
        history=before.history,
        state="active" if gone else before.state,
    )
    return _next(kept, "add" if gone else "edit", by, now)


def put(rule: Rule, what: str, *, by: str, now: datetime) -> Rule:
    """The rule after "pause", "resume" or "delete"; one that rested asks anew from now on."""
    state = {"pause": "paused", "resume": "active", "delete": "deleted"}[what]
    since = now if what == "resume" and rule.state != "active" else rule.since
    return _next(msgspec.structs.replace(rule, state=state, since=since), what, by, now)


def muted(rule: Rule, story: str, *, by: str, now: datetime) -> Rule:
    """The rule with one more story about which it says nothing."""
    stories = tuple(dict.fromkeys((*rule.muted_stories, story)))
    return _next(msgspec.structs.replace(rule, muted_stories=stories), f"mute {story}", by, now)


def differences(before: Mapping[str, Rule], after: Sequence[Rule]) -> list[Difference]:
    """What loading ``after`` as a whole changes: rules that come, change, or are no longer in the file."""
    found: list[Difference] = []
    for rule in after:
        old = before.get(rule.id)
        if old is None or old.state == "deleted":
            found.append(Difference(rule.id, "add"))
            continue
        was, will = fields_of(written(old)), fields_of(written(rule))
        changed = {k: (was.get(k), will.get(k)) for k in sorted(was.keys() | will.keys()) if was.get(k) != will.get(k)}
        if changed:
            found.append(Difference(rule.id, "edit", changed))
    names = {rule.id for rule in after}
    found += [Difference(i, "delete") for i, r in sorted(before.items()) if i not in names and r.state != "deleted"]
    return found


def fields_of(rule: Written) -> dict[str, Any]:
    """The fields that a rules file would hold, without those that are as if not written."""
    found: dict[str, Any] = msgspec.to_builtins(rule)
    return found


def _next(rule: Rule, what: str, by: str, now: datetime) -> Rule:
    version = rule.version + 1
    entry = Change(version, now, by, what, fields_of(written(rule)))
    history = (*rule.history, entry)[-KEPT_CHANGES:]
    return msgspec.structs.replace(rule, version=version, changed_at=now, changed_by=by, history=history)
