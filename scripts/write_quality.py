"""Measure the tags and write docs/quality.md: `python scripts/write_quality.py [FOLDER]`.

FOLDER has the internal evaluation sets (geowebnews.jsonl, ...), whose texts may not be published. Without it the page
holds the sets of tests/gold only. Every run is also kept in the index news-metrics where servers run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from wirewatch.evaluation.figures import Run
from wirewatch.evaluation.page import PUBLIC_NAMES, page
from wirewatch.evaluation.stories import StoryFigures, measured, read_told
from wirewatch.settings import load_settings
from wirewatch.tagging import load_tagger

ROOT = Path(__file__).parents[1]
INTERNAL_STORIES = ("stories_dev", "stories_close")
WITH_DEMONYMS = frozenset({"geowebnews"})
"""The internal sets in which adjectives such as "Russian" are places."""


def evaluated(gold: Path, *options: str) -> list[Run]:
    """The run of one gold file, by the command as a user types it."""
    print(f"measuring {gold.name}", file=sys.stderr)
    command = [sys.executable, "-m", "wirewatch", "evaluate", "--json", "--errors", "0", *options, str(gold)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return msgspec.json.decode(printed, type=list[Run])


def stories(golds: Sequence[Path]) -> list[StoryFigures]:
    """The figures of each set of stories."""
    print("measuring the stories", file=sys.stderr)
    tagger = load_tagger(load_settings())
    return [measured(gold.stem, tagger, read_told(gold.read_bytes().splitlines())) for gold in golds]


def main(folder: Path | None) -> int:
    """Evaluate every set there is and write the page."""
    runs: list[Run] = []
    for gold in [ROOT / "tests/gold/articles.jsonl", *sorted((ROOT / "tests/gold/languages").glob("*.jsonl"))]:
        runs += evaluated(gold)
    for name in PUBLIC_NAMES if folder else ():
        assert folder is not None
        runs += evaluated(folder / f"{name}.jsonl", *([] if name in WITH_DEMONYMS else ["--without-demonyms"]))
    sets = [ROOT / "tests/gold" / f"{name}.jsonl" for name in ("stories_held", "stories_tuned")]
    sets += [folder / f"{name}.jsonl" for name in INTERNAL_STORIES] if folder else []
    (ROOT / "docs" / "quality.md").write_text(page(runs, stories(sets)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
