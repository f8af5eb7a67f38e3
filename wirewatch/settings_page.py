"""docs/settings.md, written from the settings themselves: `python -m wirewatch.settings_page > docs/settings.md`."""

from __future__ import annotations

import typing
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from wirewatch.settings import FILE, PREFIX, Settings

HEAD = f"""# Settings

Each is an environment variable; without `{PREFIX}` and in lower case it may stand in `{FILE}` in the folder where
wirewatch is started. The environment wins. An unknown name is an error, not ignored.

| variable | default | what it does |
|---|---|---|
"""


def page() -> str:
    """The page as Markdown, one row a setting."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    return HEAD + "".join(_row(field, hints[field.name]) for field in msgspec.structs.fields(Settings))


def _row(field: msgspec.structs.FieldInfo, hint: Any) -> str:
    base, meta = get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, msgspec.Meta())
    return f"| `{PREFIX}{field.name.upper()}` | {_default(field)} | {meta.description}{_limits(base, meta)} |\n"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return "the user's own folder"
    default = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return "" if default in (None, "") else f"`{default}`"


def _limits(base: Any, meta: msgspec.Meta) -> str:
    if get_origin(base) is Literal:
        return " One of " + ", ".join(f"`{value}`" for value in get_args(base)) + "."
    low = f"at least {meta.ge}" if meta.ge is not None else f"more than {meta.gt}" if meta.gt is not None else ""
    high = f"at most {meta.le}" if meta.le is not None else ""
    limits = ", ".join(part for part in (low, high) if part)
    kind = {int: "A whole number", float: "A number"}.get(base, "")
    return f" {kind}, {limits}." if limits else ""


if __name__ == "__main__":
    print(page(), end="")
