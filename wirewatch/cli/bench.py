"""`wirewatch bench`: how fast the parts are on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wirewatch.cli.common import json_option, print_json

if TYPE_CHECKING:
    from wirewatch.bench.tagger import TaggerFigures
    from wirewatch.cli.progress import Progress


@click.command()
@click.argument("stage", required=False, type=click.Choice(["tagger"]), metavar="[STAGE]")
@click.option(
    "--articles", type=click.IntRange(20), default=200, show_default=True, help="Made for it, 500 words each."
)
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Runs over them; the median counts.")
@json_option
def bench(stage: str | None, articles: int, runs: int, as_json: bool) -> None:  # noqa: ARG001  # there is one so far
    """Measure STAGE (tagger; all where none is named) on this machine, on one core, with articles made for it.

    \b
    wirewatch bench tagger
    wirewatch bench tagger --articles 400 --json > bench.json
    """
    from wirewatch.cli.progress import Progress

    with Progress() as progress:
        figures = _tagger(articles, runs, progress)
    if as_json:
        print_json(_as_json(figures))
        return
    click.echo("tagger          articles/s   on the processor   ready after   memory")
    for way, one in figures.items():
        click.echo(
            f"  ner {way:<9} {one.articles_per_s:10.1f} {one.articles_per_cpu_s:18.1f} {one.ready_s:11.1f} s"
            f" {one.memory_mb:5d} MB"
        )


def _tagger(articles: int, runs: int, progress: Progress) -> dict[str, TaggerFigures]:
    from wirewatch.bench.articles import made_articles, world
    from wirewatch.bench.tagger import NOW, WAYS, measure
    from wirewatch.knowledge import load_knowledge
    from wirewatch.settings import load_settings
    from wirewatch.tagging.gazetteer_cache import load_gazetteer

    settings = load_settings()
    progress.doing("making articles")
    about = world(load_gazetteer(Path(settings.cache_dir)), load_knowledge(cache_dir=Path(settings.cache_dir)).actors)
    made = list(made_articles(about, articles, now=NOW))
    figures: dict[str, TaggerFigures] = {}
    for way in WAYS:
        progress.doing(f"tagging with the model {way}")
        figures[way] = measure(way, made, runs=runs)
        progress.say(f"model {way}: {figures[way].articles_per_s} articles a second")
    return figures


def _as_json(figures: dict[str, TaggerFigures]) -> dict[str, Any]:
    return {
        "stages": {
            "tagger": {
                way: {"articles_per_s": one.articles_per_s, "articles_per_cpu_s": one.articles_per_cpu_s}
                for way, one in figures.items()
            }
        },
        "memory_mb": {"tagger": figures["auto"].memory_mb},
        "ready_s": {"tagger": figures["auto"].ready_s},
    }
