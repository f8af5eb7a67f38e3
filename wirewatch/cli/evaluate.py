"""`wirewatch evaluate`: how right the tags are, against gold annotations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import json_option, print_json
from wirewatch.errors import UnreadableInput

if TYPE_CHECKING:
    from rich.console import Console

    from wirewatch.cli.progress import Progress
    from wirewatch.evaluation.errors import Error
    from wirewatch.evaluation.figures import Run
    from wirewatch.evaluation.gold import Gold
    from wirewatch.evaluation.scores import Tallies
    from wirewatch.settings import Settings
    from wirewatch.tagging import Tagger


@click.command()
@click.argument("golds", nargs=-1, required=True, metavar="GOLD.jsonl...")
@click.option("--without-demonyms", is_flag=True, help='Names such as "Russian" are no places.')
@click.option("--text-only", is_flag=True, help="Read no titles and dates, as `wirewatch tag --jsonl` does.")
@click.option("--errors", "shown", type=click.IntRange(0), default=5, show_default=True, help="Worst of each kind.")
@json_option
def evaluate(golds: tuple[str, ...], without_demonyms: bool, text_only: bool, shown: int, as_json: bool) -> None:
    """Tag the texts of each GOLD.jsonl and say how right that is, with 95 % intervals and the worst errors.

    \b
    wirewatch evaluate tests/gold/articles.jsonl
    wirewatch evaluate --without-demonyms --json news.jsonl > run.json

    A line is {"id", "text", "toponyms": [{"start", "end", "name", "lat", "lon"}], "actors": [{"start", "end", "name",
    "type"}], "focus_country", "about": [ids of the main actors]}; what is left out is not scored. Title and date are
    read where "about" is given.
    """
    from wirewatch.cli.progress import Progress
    from wirewatch.settings import load_settings
    from wirewatch.tagging import load_tagger

    settings = load_settings()
    read = {name: _read(name) for name in golds}
    with Progress() as progress:
        progress.doing("loading the tagger")
        tagger = load_tagger(settings)
        runs = [
            run(tagger, Path(name).stem, gold, settings, progress, not without_demonyms, text_only, shown)
            for name, gold in read.items()
        ]
    if as_json:
        print_json(runs)
        return
    from rich.console import Console

    for one in runs:
        show(Console(), one)


def run(
    tagger: Tagger,
    name: str,
    golds: Sequence[Gold],
    settings: Settings,
    progress: Progress,
    demonyms: bool,
    text_only: bool,
    shown: int,
) -> Run:
    """Tag every gold article and score what came of it; ``shown`` of the errors of each kind are kept."""
    from wirewatch.evaluation.errors import errors, worst
    from wirewatch.evaluation.figures import Run, figures
    from wirewatch.evaluation.gold import predicted
    from wirewatch.evaluation.scores import score
    from wirewatch.tagging import TAGGER_VERSION

    now = datetime.now(UTC)
    scored: list[Tallies] = []
    wrong: list[Error] = []
    for number, gold in enumerate(golds, 1):
        progress.doing(f"{name}: article {number} of {len(golds)}")
        tags = tagger.tag(gold.article(now=now, text_only=text_only), now=now).tags
        prediction = predicted(tags, demonyms=demonyms)
        scored.append(score(gold, prediction))
        wrong += errors(gold, prediction)
    return Run(
        set=name,
        at=now,
        documents=len(golds),
        demonyms=demonyms,
        ner=settings.ner,
        version=version("wirewatch"),
        tagger_version=TAGGER_VERSION,
        kb_version=tagger.kb_version,
        figures=figures(scored),
        errors=worst(wrong, shown),
    )


def show(console: Console, run: Run) -> None:
    """One run as tables: its figures, then its worst errors."""
    from rich.table import Table

    demonyms = "" if run.demonyms else ", without demonyms"
    console.print(
        f"{run.set}: {run.documents} articles{demonyms}, ner {run.ner}, tagger {run.tagger_version}, "
        f"knowledge {run.kb_version}",
        soft_wrap=True,
    )
    table = Table("measure", "statistic", "value", "95 % interval", "of", box=None)
    for f in run.figures:
        table.add_row(f.measure, f.statistic, f"{f.value:.3f}", f"{f.low:.3f} to {f.high:.3f}", str(f.count))
    console.print(table)
    if run.errors:
        console.print()
        for error in run.errors:
            _show_error(console, error)


def _show_error(console: Console, error: Error) -> None:
    from rich.text import Text

    off = f", {error.km:,.0f} km off" if error.km is not None else ""
    said = f": {error.said or 'none'} instead of {error.instead_of or 'none'}" if error.said or error.instead_of else ""
    console.print(Text(f"{error.kind}: {error.name}{said}{off}  [{error.article}]", style="bold"), soft_wrap=True)
    if error.sentence:
        console.print(Text(f"    {error.sentence}"), soft_wrap=True)


def _read(name: str) -> list[Gold]:
    from wirewatch.evaluation.gold import read_gold

    try:
        with Path(name).open("rb") as lines:
            return list(read_gold(name, lines))
    except OSError as error:
        raise UnreadableInput(name, error.strerror or str(error)) from None
