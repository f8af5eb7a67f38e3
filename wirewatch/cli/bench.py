"""`wirewatch bench`: how fast the parts are on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wirewatch.cli.common import json_option, print_json

if TYPE_CHECKING:
    from wirewatch.bench.rules import RuleFigures
    from wirewatch.bench.tagger import TaggerFigures
    from wirewatch.cli.progress import Progress


@click.command()
@click.argument("stage", required=False, type=click.Choice(["tagger", "rules"]), metavar="[STAGE]")
@click.option(
    "--articles", type=click.IntRange(20), default=200, show_default=True, help="Made for it, 500 words each."
)
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Runs over them; the median counts.")
@json_option
def bench(stage: str | None, articles: int, runs: int, as_json: bool) -> None:
    """Measure STAGE (tagger, rules; all where none is named) on this machine, on one core, with articles made for it.

    \b
    wirewatch bench tagger
    wirewatch bench tagger --articles 400 --json > bench.json
    wirewatch bench rules --json
    """
    from wirewatch.cli.progress import Progress

    with Progress() as progress:
        figures = _tagger(articles, runs, progress) if stage in (None, "tagger") else None
        of_rules = _rules(articles, runs, progress) if stage in (None, "rules") else None
    if as_json:
        found = _as_json(figures) if figures else {"stages": {}}
        if of_rules:
            found["stages"]["rules"] = of_rules
        print_json(found)
        return
    if figures:
        _show_tagger(figures)
    if of_rules:
        like = f"{of_rules.matching} match an article of {of_rules.words} words, {of_rules.sharing_a_word} share a word"
        click.echo(f"rules           {of_rules.rules}, of which {like} with it")
        click.echo(f"  matching      {of_rules.ms_per_article:.3f} ms an article on the processor, folding included")
        click.echo(f"  with reasons  {of_rules.ms_per_article_with_reasons:.3f} ms")


def _show_tagger(figures: dict[str, TaggerFigures]) -> None:
    click.echo("tagger          articles/s   on the processor   ready after   memory")
    for way, one in figures.items():
        click.echo(
            f"  ner {way:<9} {one.articles_per_s:10.1f} {one.articles_per_cpu_s:18.1f} {one.ready_s:11.1f} s"
            f" {one.memory_mb:5d} MB"
        )


RULES = 10_000


def _rules(articles: int, runs: int, progress: Progress) -> RuleFigures:
    import msgspec

    from wirewatch.bench.articles import made_articles, world
    from wirewatch.bench.rules import made_rules, measure
    from wirewatch.bench.tagger import NOW
    from wirewatch.knowledge import load_knowledge
    from wirewatch.settings import load_settings
    from wirewatch.tagging import load_tagger
    from wirewatch.tagging.gazetteer_cache import load_gazetteer

    settings = msgspec.structs.replace(load_settings(), ner="off")
    progress.doing("making articles and rules")
    cache = Path(settings.cache_dir)
    about = world(load_gazetteer(cache), load_knowledge(cache_dir=cache).actors)
    tagger = load_tagger(settings)
    made = [tagger.tag(article, now=NOW) for article in made_articles(about, articles, now=NOW)]
    rules = made_rules(made, RULES)
    progress.doing(f"judging by {RULES} rules")
    return measure(made, rules, runs=runs)


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
