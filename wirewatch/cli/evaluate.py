"""`wirewatch evaluate`: how right the tags are, against gold annotations or the analysts' corrections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from wirewatch.cli.common import json_option, print_json, settings_with_servers
from wirewatch.errors import ServerError, UnreadableInput, UserMistake

if TYPE_CHECKING:
    from rich.console import Console

    from wirewatch.cli.progress import Progress
    from wirewatch.evaluation.errors import Error
    from wirewatch.evaluation.figures import Run
    from wirewatch.evaluation.gold import Gold
    from wirewatch.evaluation.scores import Tallies
    from wirewatch.settings import Settings
    from wirewatch.tagging import Tagger


class Asked(msgspec.Struct, frozen=True):
    """How to evaluate: with demonyms as places, without titles and dates, with so many errors of each kind."""

    demonyms: bool
    text_only: bool
    errors: int


@click.command()
@click.argument("golds", nargs=-1, metavar="GOLD.jsonl...")
@click.option("--corrections", is_flag=True, help="Against the corrections made with `wirewatch tag --wrong`.")
@click.option("--without-demonyms", is_flag=True, help='Names such as "Russian" are no places.')
@click.option("--text-only", is_flag=True, help="Read no titles and dates, as `wirewatch tag --jsonl` does.")
@click.option("--errors", "shown", type=click.IntRange(0), default=5, show_default=True, help="Worst of each kind.")
@click.option("--keep/--no-keep", default=True, help="Keep the figures in the index news-metrics where servers run.")
@json_option
def evaluate(
    golds: tuple[str, ...],
    corrections: bool,
    without_demonyms: bool,
    text_only: bool,
    shown: int,
    keep: bool,
    as_json: bool,
) -> None:
    """Tag the texts of each GOLD.jsonl and say how right that is, with 95 % intervals and the worst errors.

    \b
    wirewatch evaluate tests/gold/articles.jsonl
    wirewatch evaluate --without-demonyms --json news.jsonl > run.json
    wirewatch evaluate --corrections

    A line is {"id", "text", "toponyms": [{"start", "end", "name", "lat", "lon"}], "actors": [{"start", "end", "name",
    "type"}], "focus_country", "about": [ids of the main actors]}; what is left out is not scored. Title and date are
    read where "about" is given.
    """
    from wirewatch.cli.progress import Progress
    from wirewatch.settings import load_settings

    if not golds and not corrections:
        raise UserMistake("nothing to evaluate against: name a GOLD.jsonl, or say --corrections")
    settings = settings_with_servers() if corrections else load_settings()
    read = {name: _read(name) for name in golds}
    asked = Asked(not without_demonyms, text_only, shown)
    with Progress() as progress:
        runs = _runs(settings, read, corrections, asked, progress)
    if as_json:
        print_json(runs)
    else:
        from rich.console import Console

        for one in runs:
            show(Console(), one)
    if keep:
        _keep(settings, runs)


def _runs(
    settings: Settings, golds: dict[str, list[Gold]], corrections: bool, asked: Asked, progress: Progress
) -> list[Run]:
    from wirewatch.tagging import load_tagger

    progress.doing("loading the tagger")
    tagger = load_tagger(settings)
    runs = [_against_gold(tagger, Path(name).stem, gold, settings, progress, asked) for name, gold in golds.items()]
    if corrections:
        runs.append(_against_corrections(tagger, settings, progress, asked))
    return runs


def _against_gold(
    tagger: Tagger, name: str, golds: Sequence[Gold], settings: Settings, progress: Progress, asked: Asked
) -> Run:
    from wirewatch.evaluation.errors import errors
    from wirewatch.evaluation.gold import predicted
    from wirewatch.evaluation.scores import score

    now = datetime.now(UTC)
    scored: list[Tallies] = []
    wrong: list[Error] = []
    for number, gold in enumerate(golds, 1):
        progress.doing(f"{name}: article {number} of {len(golds)}")
        tags = tagger.tag(gold.article(now=now, text_only=asked.text_only), now=now).tags
        prediction = predicted(tags, demonyms=asked.demonyms)
        scored.append(score(gold, prediction))
        wrong += errors(gold, prediction)
    return _run(tagger, name, settings, asked, now, scored, wrong)


def _against_corrections(tagger: Tagger, settings: Settings, progress: Progress, asked: Asked) -> Run:
    from wirewatch.evaluation.corrected import score_corrections
    from wirewatch.search.client import asking
    from wirewatch.search.corrections import Corrections, corrected_articles

    now = datetime.now(UTC)
    known = Corrections()
    progress.doing("reading the corrections")
    with asking(settings) as es:
        known.update(es, settings)
    articles = corrected_articles(settings, known)
    if not articles:
        raise UserMistake("nobody has corrected a stored article yet; `wirewatch tag --wrong ARTICLE MENTION` does")
    scored: list[Tallies] = []
    wrong: list[Error] = []
    for number, article in enumerate(articles, 1):
        progress.doing(f"corrections: article {number} of {len(articles)}")
        tallies, found = score_corrections(article, tagger.tag(article, now=now).tags, known.of(article.id))
        scored.append(tallies)
        wrong += found
    return _run(tagger, "corrections", settings, asked, now, scored, wrong)


def _run(
    tagger: Tagger,
    name: str,
    settings: Settings,
    asked: Asked,
    now: datetime,
    scored: Sequence[Tallies],
    wrong: Iterable[Error],
) -> Run:
    from wirewatch.evaluation.errors import worst
    from wirewatch.evaluation.figures import Run, figures
    from wirewatch.tagging import TAGGER_VERSION

    return Run(
        set=name,
        at=now,
        documents=len(scored),
        demonyms=asked.demonyms,
        ner=settings.ner,
        version=version("wirewatch"),
        tagger_version=TAGGER_VERSION,
        kb_version=tagger.kb_version,
        figures=figures(scored),
        errors=worst(wrong, asked.errors),
    )


def _keep(settings: Settings, runs: Sequence[Run]) -> None:
    """Keep the figures where servers run; that they cannot be kept is said, and is no failure."""
    from wirewatch.embedded import find_servers
    from wirewatch.evaluation.figures import metrics

    found = find_servers(settings) or (settings if settings.elasticsearch else None)
    if found is None:
        return
    from wirewatch.search.metrics import store_metrics

    try:
        store_metrics(found, [metric for one in runs for metric in metrics(one)])
    except ServerError as error:
        click.echo(f"wirewatch: the figures are not kept: {error}", err=True)


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
