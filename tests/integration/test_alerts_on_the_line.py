"""What only shows when articles go through the whole line: what is news, and which outlets are independent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers import alerter, clusterer, notifier, tagger
from producers import retag
from tests.builders import article, replaced
from tests.e2e.line import at_work, forget_the_groups, prepare, publish, quick, run_the_line, wait_until
from tests.receivers import Webhook, webhook
from wirewatch.alerts.rule import Rule
from wirewatch.models import Alert, Article, Source
from wirewatch.notify import add_channel
from wirewatch.search.alerts import find_alerts
from wirewatch.search.client import connect
from wirewatch.search.indices import refresh
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=30)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


def watching(settings: Settings, hook: Webhook, rule: Rule) -> None:
    """Topics, indices, the channel and the rule, which is older than all news."""
    prepare(settings)
    add_channel(settings, "ops", hook.url())
    save_rules(settings, [replaced(rule, notify=("ops",), created_at=LONG_AGO, since=LONG_AGO)])


def stored(settings: Settings) -> list[Alert]:
    refresh(settings)
    with connect(settings) as es:
        return find_alerts(es, settings, limit=1_000)


def fresh(outlet: str, title: str, text: str) -> Article:
    url = f"https://{outlet}.example/{title.lower().replace(' ', '-')}"
    source = Source(outlet, f"{outlet}.example")
    return article(title, text, url=url, source=source, published_at=NOW, fetched_at=NOW)


HERONS = '[[actor]]\nid = "grey-heron-front"\nname = "Grey Heron Front"\nkind = "armed_group"\n'
ALIAS = 'aliases = ["Marsh Brigade"]\n'
MARSH = "Fighters of the Marsh Brigade entered Homs at dawn and took the water works and the court house."


def test_a_new_alias_that_a_retag_and_then_a_replay_find_in_fresh_articles_pages_nobody(
    settings: Settings, hook: Webhook, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(HERONS, encoding="utf-8")
    settings = replaced(quick(settings), knowledge=str(tmp_path))
    watching(settings, hook, Rule("herons", "Herons", actors=("grey-heron-front",)))
    publish(settings, [fresh("harbour", "Marsh Brigade enters Homs", MARSH)])
    run_the_line(settings)
    assert stored(settings) == []
    own.write_text(HERONS + ALIAS, encoding="utf-8")
    assert retag.run(settings).sent == 1
    run_the_line(settings)
    retagged = stored(settings)
    assert [(alert.rule_id, alert.status) for alert in retagged] == [("herons", "late")]
    forget_the_groups(settings)
    run_the_line(settings)
    assert [(a.id, a.status, a.reasons, a.channels) for a in stored(settings)] == [
        (a.id, a.status, a.reasons, a.channels) for a in retagged
    ]
    assert hook.ids == []
    publish(settings, [fresh("meridian", "Marsh Brigade in Homs", MARSH + " Shops stayed closed.")])
    run_the_line(settings)
    assert [alert.status for alert in stored(settings)] == ["sent"], "what is new of the story is told"
    assert hook.ids == [retagged[0].id]


AGENCY = (
    "OMDURMAN (Harbour Press) - An explosion at the Al-Shifa grain store in Omdurman killed 14 people on Tuesday, the "
    "Sudanese army said. General Yasser al-Atta blamed the Rapid Support Forces, which denied it. Doctors at Al-Nao "
    "hospital said 37 wounded had been brought in. Mohamed Hamdan Dagalo's spokesman said his men were nowhere near."
)
REWRITES = [
    fresh(
        "cedar", "Sabotage suspected after blast at Omdurman grain store", AGENCY + " An engineer spoke of sabotage."
    ),
    fresh("harbour", "Fourteen dead in explosion at grain store in Omdurman", AGENCY),
    fresh(
        "ledger", "Army blames RSF for Omdurman blast", AGENCY.replace("which denied it", "which has denied any part")
    ),
]
SECOND = fresh(
    "tribune",
    "Omdurman: 14 killed as grain store blows up",
    "Our correspondent counted 14 bodies in the yard of Al-Nao hospital in Omdurman after the Al-Shifa grain store "
    "blew up on Tuesday. The Sudanese army accused the Rapid Support Forces of it; General Yasser al-Atta promised "
    "revenge. Another 37 people were wounded, surgeons told this newspaper.",
)
THIRD = fresh(
    "courier",
    "Al-Shifa grain store in Omdurman destroyed, 14 dead",
    "A plume of smoke stood over Omdurman on Tuesday where the Al-Shifa grain store had been. Fourteen people died and "
    "37 were hurt, by the count of Al-Nao hospital. Yasser al-Atta, a general of the Sudanese army, named the Rapid "
    "Support Forces of Mohamed Hamdan Dagalo as the culprits.",
)


def test_three_rewrites_of_one_report_count_once_and_the_third_outlet_fires_by_words_of_the_first_article(
    settings: Settings, hook: Webhook
) -> None:
    settings = quick(settings)
    watching(settings, hook, Rule("sabotage", "Sabotage", text="sabotage AND omdurman", min_sources=3))
    with at_work(settings, tagger, clusterer, alerter, alerter, notifier):

        def waits_with(outlets: int, articles: int) -> None:
            wait_until(
                lambda: [(a.outlets, a.articles) for a in stored(settings)] == [(outlets, articles)]
                and not any(lag(settings)[group] for group in ("tagger", "clusterer", "alerter", "notifier")),
                60, what=f"{articles} articles of {outlets} independent outlets",
            )  # fmt: skip
            assert [alert.status for alert in stored(settings)] == ["waiting"]
            assert hook.ids == []

        publish(settings, REWRITES)
        waits_with(1, 3)
        publish(settings, [SECOND])
        waits_with(2, 4)
        publish(settings, [THIRD])
        wait_until(lambda: [alert.status for alert in stored(settings)] == ["sent"], 60, what="it fires")
    (alert,) = stored(settings)
    assert (alert.outlets, alert.articles, alert.article_id) == (3, 5, REWRITES[0].id)
    assert hook.ids == [alert.id]
