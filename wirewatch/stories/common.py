"""Words that stand in names all over the news: a share of one says little, even before much was seen."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from wirewatch.stories.calendar import fold
from wirewatch.stories.traits import hashed


@cache
def common_words() -> dict[int, float]:
    """In which part of all articles each word of common_words.toml is expected, by its hash."""
    table = tomllib.loads(files("wirewatch.stories").joinpath("common_words.toml").read_text(encoding="utf-8"))
    return {hashed(fold(word)): of["per_thousand"] / 1_000 for of in table["of"] for word in of["words"].split()}
