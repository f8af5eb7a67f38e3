"""`wirewatch bench`: how fast the parts are on this machine; each stage is a command, all of them without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from wirewatch.cli.common import json_option, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from wirewatch.bench.line import LineFigures
    from wirewatch.bench.rss import RssFigures
    from wirewatch.cli.progress import Progress
    from wirewatch.models import Article
    from wirewatch.settings import Settings

RULES = 10_000
FEEDS, ITEMS = 1_000, 30
BAR = 30
"""Columns of the longest bar."""

runs_option = click.option(
    "--runs", type=click.IntRange(1), default=3, show_default=True, help="Runs over them; the median counts."
)


class Found(NamedTuple):
    """What was measured: as JSON, by the keys that all stages share, and as lines for a person."""

    figures: dict[str, Any]
    lines: list[str]


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def bench(context: click.Context, as_json: bool) -> None:
    """Measure one stage, or all of them where none is named, with articles made for it.

    \b
    wirewatch bench --json > bench.json
    wirewatch bench tagger --articles 400
    """
    if context.invoked_subcommand is not None:
        return
    with _measuring() as progress:
        found = [
            tagger_found(200, 3, progress),
            rules_found(200, 3, progress),
            rss_found(FEEDS, ITEMS, 1, progress),
            line_found(1_000, 3, 1, progress),
            alerts_found(600, 50.0, 1_000, progress),
        ]
    _show(found, as_json=as_json)


@bench.command("tagger")
@click.option("--articles", type=click.IntRange(20), default=200, show_default=True, help="Of 500 words each.")
@runs_option
@json_option
def tagger_command(articles: int, runs: int, as_json: bool) -> None:
    """Articles that one tagger tags in a second on one core, its memory, and how soon it is ready.

    \b
    wirewatch bench tagger --articles 400 --json
    """
    with _measuring() as progress:
        found = tagger_found(articles, runs, progress)
    _show([found], as_json=as_json)


@bench.command("rules")
@click.option("--articles", type=click.IntRange(20), default=200, show_default=True, help="Of 500 words each.")
@runs_option
@json_option
def rules_command(articles: int, runs: int, as_json: bool) -> None:
    """What ten thousand rules cost an article on one core, folding included.

    \b
    wirewatch bench rules --json
    """
    with _measuring() as progress:
        found = rules_found(articles, runs, progress)
    _show([found], as_json=as_json)


@bench.command("rss")
@click.option("--feeds", type=click.IntRange(1, 50_000), default=FEEDS, show_default=True, help="Each on its own host.")
@click.option("--items", type=click.IntRange(1, 2_000), default=ITEMS, show_default=True, help="In each feed.")
@click.option(
    "--runs", type=click.IntRange(1), default=1, show_default=True, help="The run of the median ratio counts."
)
@json_option
def rss_command(feeds: int, items: int, runs: int, as_json: bool) -> None:
    """How long the RSS producer takes for feeds on loopback, changed and unchanged, beside the library reader.

    Servers of its own are started where the settings name none. reader is asked where it is installed (the extra dev).

    \b
    wirewatch bench rss
    wirewatch bench rss --feeds 200 --runs 3 --json
    """
    with _measuring() as progress:
        found = rss_found(feeds, items, runs, progress)
    _show([found], as_json=as_json)


@bench.command("line")
@click.option("--articles", type=click.IntRange(10), default=1_000, show_default=True, help="Of 500 words each, a run.")
@click.option("--taggers", type=click.IntRange(1, 4), default=1, show_default=True, help="Taggers side by side.")
@runs_option
@json_option
def line_command(articles: int, taggers: int, runs: int, as_json: bool) -> None:
    """Articles that the whole line takes in a second, where the time goes, and what the servers alone would carry.

    Servers of its own are started where the settings name none; nothing of a running line is touched.

    \b
    wirewatch bench line
    WIREWATCH_NER=off wirewatch bench line --taggers 2 --json
    """
    with _measuring() as progress:
        found = line_found(articles, runs, taggers, progress)
    _show([found], as_json=as_json)


@bench.command("alerts")
@click.option("--articles", type=click.IntRange(20), default=1_500, show_default=True, help="Of 500 words each.")
@click.option("--rate", type=click.FloatRange(1), default=50.0, show_default=True, help="Articles a second.")
@click.option("--rules", type=click.IntRange(10), default=1_000, show_default=True, help="One in four has a channel.")
@json_option
def alerts_command(articles: int, rate: float, rules: int, as_json: bool) -> None:
    """How long after its publication on Kafka an article is told at a receiver, with everything running.

    Servers of its own are started where the settings name none; nothing of a running line is touched.

    \b
    wirewatch bench alerts
    WIREWATCH_NER=off wirewatch bench alerts --articles 3000 --json
    """
    with _measuring() as progress:
        found = alerts_found(articles, rate, rules, progress)
    _show([found], as_json=as_json)


def tagger_found(articles: int, runs: int, progress: Progress) -> Found:
    """The tagger with the model off, auto and full."""
    from wirewatch.bench.tagger import NOW, WAYS, TaggerFigures, measure
    from wirewatch.settings import load_settings

    made = _made(load_settings(), articles, NOW, progress)
    figures: dict[str, TaggerFigures] = {}
    for way in WAYS:
        progress.doing(f"tagging with the model {way}")
        figures[way] = measure(way, made, runs=runs)
        progress.say(f"model {way}: {figures[way].articles_per_s} articles a second")
    lines = ["tagger          articles/s   on the processor   ready after   memory"]
    lines += [
        f"  ner {way:<9} {one.articles_per_s:10.1f} {one.articles_per_cpu_s:18.1f} {one.ready_s:11.1f} s"
        f" {one.memory_mb:5d} MB"
        for way, one in figures.items()
    ]
    rates = {
        way: {"articles_per_s": one.articles_per_s, "articles_per_cpu_s": one.articles_per_cpu_s}
        for way, one in figures.items()
    }
    return Found(
        {
            "stages": {"tagger": rates},
            "memory_mb": {"tagger": figures["auto"].memory_mb},
            "ready_s": {"tagger": figures["auto"].ready_s},
        },
        lines,
    )


def rules_found(articles: int, runs: int, progress: Progress) -> Found:
    """The matcher with ten thousand rules."""
    import msgspec

    from wirewatch.bench.rules import made_rules, measure
    from wirewatch.bench.tagger import NOW
    from wirewatch.settings import load_settings
    from wirewatch.tagging import load_tagger

    settings = msgspec.structs.replace(load_settings(), ner="off")
    tagger = load_tagger(settings)
    made = [tagger.tag(article, now=NOW) for article in _made(settings, articles, NOW, progress)]
    rules = made_rules(made, RULES)
    progress.doing(f"judging by {RULES} rules")
    of_rules = measure(made, rules, runs=runs)
    like = f"{of_rules.matching} match an article of {of_rules.words} words, {of_rules.sharing_a_word} share a word"
    return Found(
        {"stages": {"rules": of_rules}},
        [
            f"rules           {of_rules.rules}, of which {like} with it",
            f"  matching      {of_rules.ms_per_article:.3f} ms an article on the processor, folding included",
            f"  with reasons  {of_rules.ms_per_article_with_reasons:.3f} ms",
        ],
    )


def rss_found(feeds: int, items: int, runs: int, progress: Progress) -> Found:
    """The RSS producer, and reader on the same feeds."""
    from wirewatch.bench.feed_server import served
    from wirewatch.bench.rss import measure, median_run, of_reader
    from wirewatch.settings import load_settings

    with _servers(load_settings(), progress) as running, served(feeds, items) as urls:
        measured = [measure(running, urls, say=progress.doing) for _ in range(runs)]
    counted = median_run(measured)
    ratios = of_reader(counted)
    lines = [f"rss             {feeds} feeds of {items} items: all new, then all unchanged"]
    lines += [_rss_line(who, one) for who, one in counted.items()]
    lines += (
        [f"  of reader's   {ratios['first']:6.0%} {ratios['second']:20.0%}"] if ratios else ["  reader is not here"]
    )
    return Found(
        {
            "stages": {"rss": {"feeds": feeds, "items": items, **counted, "of_reader": ratios}},
            "memory_mb": {"rss": counted["wirewatch"].memory_mb},
        },
        lines,
    )


def _rss_line(who: str, one: RssFigures) -> str:
    first, second = (f"{poll.took_s:6.2f} s (processor {poll.cpu_s:5.2f} s)" for poll in (one.first, one.second))
    return f"  {who:<13} {first}, {second}, {one.memory_mb} MB"


def line_found(articles: int, runs: int, taggers: int, progress: Progress) -> Found:
    """The whole line, and the floor under it."""
    from datetime import UTC, datetime

    from wirewatch.bench.line import WARM_UP, measure
    from wirewatch.settings import load_settings

    settings = load_settings()
    made = _made(settings, WARM_UP + articles * runs, datetime.now(UTC), progress)
    with _servers(settings, progress) as running:
        folder = Path(running.data_dir)
        line, floor = measure(running, made, folder, taggers=taggers, runs=runs, say=progress.doing)
    share = line.articles_per_s / floor.articles_per_s
    spread = "{0.articles_per_s:7.1f} articles/s ({0.slowest:.1f} to {0.fastest:.1f})".format
    return Found(
        {
            "line": line,
            "floor": floor,
            "line_of_floor": round(share, 3),
            "memory_mb": {f"line/{name}": held for name, held in line.memory_mb.items()},
        },
        [
            f"line            {spread(line)}, {share:.0%} of the floor; model {settings.ner}, taggers: {taggers}",
            f"floor           {spread(floor)}",
            "  processor time an article, line and floor",
            *(_cost_line(name, line, floor) for name in line.cpu_ms),
        ],
    )


def alerts_found(articles: int, rate: float, rules: int, progress: Progress) -> Found:
    """From Kafka to a notification, at a rate and idle."""
    import os
    from datetime import UTC, datetime

    import msgspec

    from wirewatch.bench.alerts import measure
    from wirewatch.bench.rules import made_rules
    from wirewatch.settings import load_settings
    from wirewatch.tagging import load_tagger

    settings, now = load_settings(), datetime.now(UTC)
    warm_up, idle = min(500, articles), min(40, articles // 4)
    made = _made(settings, warm_up + articles + idle, now, progress)
    tagger = load_tagger(msgspec.structs.replace(settings, ner="off"))
    sample = made[:: 1 + len(made) // 200] + made[-idle:]
    asked = made_rules([tagger.tag(article, now=now) for article in sample], rules)
    with _servers(settings, progress) as running:
        folder = Path(running.data_dir)
        found = measure(running, made, asked, folder, rate=rate, warm_up=warm_up, idle=idle, say=progress.doing)
    shown = "p50 {0.p50_s:.3f} s, p95 {0.p95_s:.3f} s, p99 {0.p99_s:.3f} s (of {0.count})".format
    load = f"{os.getloadavg()[0]:.1f} processes on {os.cpu_count()} cores at the end"
    return Found(
        {
            "stages": {"alerts": found},
            "latency": {
                "alerted_p50_s": found.busy.p50_s,
                "alerted_p95_s": found.busy.p95_s,
                "alerted_p99_s": found.busy.p99_s,
                "alerted_idle_p95_s": found.idle.p95_s,
                "searchable_p95_s": found.searchable.p95_s,
            },
        },
        [
            f"alerts          from Kafka to a receiver, {rules} rules; model {settings.ner}; load {load}",
            f"  kept up with  {found.indexed_per_s:g} of {rate:g} articles a second",
            f"  {rate:g}/s{'':<9} {shown(found.busy)}",
            f"  idle          {shown(found.idle)}",
            f"  searchable    {shown(found.searchable)}, at {rate:g}/s",
        ],
    )


@contextmanager
def _servers(settings: Settings, progress: Progress) -> Iterator[Settings]:
    """Servers where the settings name none, and a data folder that is gone afterwards."""
    import tempfile

    import msgspec

    from wirewatch.embedded import servers

    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as name:
        Path(name).chmod(0o755)  # Elasticsearch runs as another user than root
        progress.doing("starting the servers")
        with servers(msgspec.structs.replace(settings, data_dir=name), report=progress.say) as running:
            yield running


def _cost_line(name: str, line: LineFigures, floor: LineFigures) -> str:
    below = f"{floor.cpu_ms[name]:6.2f} ms" if name in floor.cpu_ms else " " * 9
    bar = "█" * max(1, round(BAR * line.cpu_ms[name] / max(line.cpu_ms.values())))
    return f"  {name:<13} {line.cpu_ms[name]:6.2f} ms {below} {line.memory_mb[name]:5d} MB  {bar}"


def _made(settings: Settings, count: int, now: datetime, progress: Progress) -> list[Article]:
    from wirewatch.bench.articles import made_articles, world
    from wirewatch.knowledge import load_knowledge
    from wirewatch.tagging.gazetteer_cache import load_gazetteer

    progress.doing(f"making {count} articles")
    cache = Path(settings.cache_dir)
    about = world(load_gazetteer(cache), load_knowledge(cache_dir=cache).actors)
    return list(made_articles(about, count, now=now))


@contextmanager
def _measuring() -> Iterator[Progress]:
    from wirewatch.cli.progress import Progress

    with Progress() as progress:
        yield progress


def _show(found: list[Found], *, as_json: bool) -> None:
    if not as_json:
        for one in found:
            click.echo("\n".join(one.lines))
        return
    together: dict[str, Any] = {}
    for one in found:
        for key, value in one.figures.items():
            together[key] = {**together.get(key, {}), **value} if isinstance(value, dict) else value
    print_json(together)
