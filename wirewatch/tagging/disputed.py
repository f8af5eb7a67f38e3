"""To which country a place in a disputed territory is counted: a policy, chosen by a setting."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import msgspec

from wirewatch.errors import SettingsError

Policy = Literal["recognised", "control", "open"]
POLICIES: tuple[str, ...] = get_args(Policy)
DEFAULT = "recognised"


class Territory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A disputed territory: its country by each policy ("" = none), who claims it, and what lies in it."""

    recognised: str
    control: str
    claimed_by: tuple[str, ...]
    countries: tuple[str, ...] = ()
    admin1: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


class Assigned(msgspec.Struct, frozen=True):
    """The countries of disputed places under one policy, by ISO code, GeoNames region code and id; "" = none."""

    countries: dict[str, str]
    admin1: dict[str, str]
    ids: dict[str, str]


@cache
def territories() -> dict[str, Territory]:
    """The table of ``data/disputed.toml``, by name."""
    text = (files("wirewatch.tagging") / "data" / "disputed.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Territory])


def assigned(setting: str) -> Assigned:
    """What the setting `disputed` says: a policy, then changes of single territories ("control, taiwan=CN").

    "open" counts disputed places to no country; so does "crimea=" that territory alone. Raises SettingsError.
    """
    policy, *changes = (part.strip() for part in setting.split(","))
    if policy not in POLICIES:
        raise SettingsError(
            f"disputed={setting}: {policy or 'nothing'} is no policy; it is one of {', '.join(POLICIES)}"
        )
    own = dict(_change(setting, change) for change in changes)
    result = Assigned({}, {}, {})
    for name, territory in territories().items():
        code = own[name] if name in own else _by_policy(territory, policy)
        result.countries.update(dict.fromkeys(territory.countries, code))
        result.admin1.update(dict.fromkeys(territory.admin1, code))
        result.ids.update(dict.fromkeys(territory.ids, code))
    return result


def _by_policy(territory: Territory, policy: str) -> str:
    if policy == "open":
        return ""
    return territory.control if policy == "control" else territory.recognised


def _change(setting: str, change: str) -> tuple[str, str]:
    name, equals, code = (part.strip() for part in change.partition("="))
    if name not in territories() or not equals:
        raise SettingsError(
            f"disputed={setting}: {change or 'nothing'} names no territory; write NAME=CC with one of "
            f"{', '.join(territories())}"
        )
    if not re.fullmatch(r"[A-Z]{2}|", code):
        raise SettingsError(f"disputed={setting}: {code} is no country; write an ISO 3166 code such as UA, or nothing")
    return name, code
