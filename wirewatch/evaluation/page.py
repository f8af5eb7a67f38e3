"""docs/quality.md, written from runs of `wirewatch evaluate --json`: see scripts/write_quality.py."""

from __future__ import annotations

from collections.abc import Sequence

from babel import Locale

from wirewatch.evaluation.figures import Run
from wirewatch.evaluation.stories import StoryFigures

PUBLIC_NAMES = {
    "geowebnews": "GeoWebNews",
    "geovirus": "GeoVirus",
    "re3d_dev": "re3d, a part of it",
    "gum_news": "GUM, genre news",
}
"""What the internal evaluation sets are called in public."""

STORY_SETS = {
    "stories_held": "tests/gold, half kept back",
    "stories_tuned": "tests/gold, half that was tuned on",
    "stories_dev": "an internal development set",
    "stories_close": "the same with like events close together",
}
"""What the sets of stories are called in public."""

OWN = "articles"
"""The set of our own articles, in tests/gold."""

MEASURES = (
    ("places overlap", "f1", "places found, F1 (overlap)"),
    ("places exact", "f1", "places found, F1 (exact)"),
    ("places overlap", "precision", "places found, precision (overlap)"),
    ("places overlap", "recall", "places found, recall (overlap)"),
    ("near recognised", "accuracy", "within 161 km, of the places found"),
    ("near end to end", "accuracy", "within 161 km, of all places"),
    ("actors overlap", "f1", "actors found, F1 (overlap)"),
    ("actors exact", "f1", "actors found, F1 (exact)"),
    ("actors overlap", "precision", "actors found, precision (overlap)"),
    ("actors overlap", "recall", "actors found, recall (overlap)"),
    ("actors person", "f1", "persons, found as such, F1"),
    ("actors organisation", "f1", "organisations, found as such, F1"),
    ("main actors", "f1", "main actors, F1"),
    ("focus country", "accuracy", "focus country"),
    ("corrections", "accuracy", "right where an analyst had to correct"),
)
"""What the page shows of a run: measure, statistic, words."""

IN_OTHER_LANGUAGES = (
    ("places overlap", "recall", "places, recall"),
    ("places overlap", "precision", "precision"),
    ("near end to end", "accuracy", "within 161 km"),
    ("actors overlap", "recall", "listed actors, recall"),
    ("actors overlap", "precision", "precision"),
)
"""What the page shows of the short texts in one language: measure, statistic, words."""

LIMITS = """## What these figures do not say

- They are of English news, but for our own articles in other languages. Blogs, transcripts and social media are worse.
- The intervals say how much the figures would change with other articles of the same kind, chosen by the same people.
  They say nothing about other kinds of articles, or about what annotators disagree on.
- The rules were made while looking at figures on these very sets, so a fresh corpus gives less. No set was kept apart.
- Our own articles were written by the people who write the tagger, in plain sentences and about events that everybody
  knows; they are easier than what comes in. They are there to notice when something gets worse.
- The sets disagree about what a place is. Adjectives such as "Russian" are places in GeoWebNews and not in the others,
  so they count there and nowhere else; a place inside the name of an organisation is marked in GeoWebNews only.
- A country has no single point. GeoVirus takes Wikipedia's, we take GeoNames': some 260 of its 2,170 places (large
  countries and regions) can not come within 161 km whatever is tagged, so that about 0.88 is the most to be had.
- re3d counts "the Foreign Secretary", "ISIL fighters" and states as actors, which nobody can find with a list of names.
- Who is a main actor is a matter of judgement; what readers may differ about is left out of the count
  (`about_open` in [tests/gold](../tests/gold/README.md)).
"""


def page(runs: Sequence[Run], stories: Sequence[StoryFigures] = ()) -> str:
    """The page as Markdown: one table a set, our own first, and the stories before what the figures do not say."""
    first = runs[0]
    head = (
        "# How right the tags are\n\n"
        "Written by `make quality`; measure again with `wirewatch evaluate`. Each figure with its 95 % interval\n"
        "(bootstrap over articles, 1,000 samples).\n\n"
        f"{first.at:%d %B %Y}, wirewatch {first.version}, tagger `{first.tagger_version}`, knowledge\n"
        f"`{first.kb_version}`, `WIREWATCH_NER={first.ner}`, one configuration for all sets.\n\n"
    )
    own, internal = ([run for run in runs if (run.set in PUBLIC_NAMES) is inside] for inside in (False, True))
    texts = [run for run in own if len(run.set) == 2]  # tests/gold/languages: each file is called by its language
    whole = [run for run in own if run not in texts]
    return head + "".join([*map(_table, whole), _languages(texts), *map(_table, internal), _stories(stories)]) + LIMITS


def _stories(figures: Sequence[StoryFigures]) -> str:
    """One line a set of stories."""
    if not figures:
        return ""
    rows = [
        f"| {STORY_SETS.get(one.set, one.set)} | {one.articles} | {one.stories} "
        f"| {one.precision:.3f} | {one.recall:.3f} | {one.copies_precision:.3f} / {one.copies_recall:.3f} "
        f"| {one.joined} of {one.translations} |\n"
        for one in figures
    ]
    return (
        "## Which articles tell one event\n\n"
        "B-cubed precision and recall over articles in English, in the order of publication, one configuration for\n"
        "all; [stories](stories.md) says how they are found and what these figures leave out.\n\n"
        "| set | articles | stories | precision | recall | copies alone | translations joined |\n"
        "|---|---|---|---|---|---|---|\n" + "".join(rows) + "\n"
    )


def _languages(runs: Sequence[Run]) -> str:
    """One line a language."""
    if not runs:
        return ""
    lines = [
        "## Our own short texts in other languages",
        "",
        "In tests/gold/languages, in our own words.",
    ]
    columns = ["language", "texts", *(words for _, _, words in IN_OTHER_LANGUAGES)]
    rows = [columns, ["---"] * len(columns)]
    for run in runs:
        found = [run.figure(measure, statistic) for measure, statistic, _ in IN_OTHER_LANGUAGES]
        name = Locale(run.set).get_language_name("en") or run.set
        rows.append([name, str(run.documents), *(f"{one.value:.3f}" if one else "" for one in found)])
    return "\n".join([*lines, "", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n\n"


def _table(run: Run) -> str:
    internal = run.set in PUBLIC_NAMES
    name = PUBLIC_NAMES.get(run.set) or ("Our own articles" if run.set == OWN else f"Our own articles: {run.set}")
    kind = "an internal evaluation set" if internal else "in tests/gold"
    demonyms = "" if run.demonyms else ", demonyms are no places"
    rows = [
        f"| {words} | {f.value:.3f} | {f.low:.3f} to {f.high:.3f} | {f.count:,} |\n"
        for measure, statistic, words in MEASURES
        if (f := run.figure(measure, statistic))
    ]
    title = f"## {name}\n\n{run.documents} articles, {kind}{demonyms}.\n\n"
    return title + "| measure | value | 95 % interval | of |\n|---|---|---|---|\n" + "".join(rows) + "\n"
