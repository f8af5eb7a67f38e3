"""The live page on a real Elasticsearch, looked at with a real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.builders import replaced
from tests.integration.page import WIDTHS, chromium, found_in, served, watching
from tests.made_news import HOMS, SCRIPT, stored
from wirewatch.models import ClusteredArticle
from wirewatch.search.articles import write
from wirewatch.search.client import asking, connect
from wirewatch.search.documents import ALERTS, ARTICLES, article_write
from wirewatch.search.indices import alias_of, refresh
from wirewatch.settings import Settings

NOW = datetime.now(UTC)
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def line(named_settings: Callable[[], AbstractContextManager[Settings]]) -> Iterator[Settings]:
    with named_settings() as settings:
        yield replaced(settings, kafka=None)


@pytest.fixture(scope="module")
def news(line: Settings) -> list[ClusteredArticle]:
    return stored(line, NOW)


@pytest.fixture(scope="module")
def base(line: Settings, news: list[ClusteredArticle]) -> Iterator[str]:
    with served(line) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def views(news: list[ClusteredArticle]) -> dict[str, str]:
    """An address of each view."""
    return {
        "situation": "/",
        "narrowed": "/?country=SY&q=homs",
        "nothing": "/?span=1h&country=FR",
        "articles": "/articles",
        "found": "/articles?q=rebels",
        "article": f"/articles/{news[0].tagged.article.id}",
        "actor": "/actors/united-nations",
        "unlisted": "/actors/name%3Arami-abdurrahman",
        "place": "/places/169577",
        "country": "/places/163843",
        "story": "/stories/story-0",
        "alerts": "/alerts",
        "health": "/health",
        "quality": "/quality",
    }


def today(news: list[ClusteredArticle], **having: str) -> list[ClusteredArticle]:
    young = [one for one in news if NOW - one.tagged.article.timestamp < timedelta(hours=24)]
    return [one for one in young if all(value in _ids(one, name) for name, value in having.items())]


def _ids(one: ClusteredArticle, name: str) -> list[str | None]:
    tags = one.tagged.tags
    return [actor.id for actor in tags.actors] if name == "actor" else [place.country_code for place in tags.places]


def test_the_numbers_of_the_first_view_are_those_of_the_index(
    line: Settings, base: str, browser: Browser, news: list[ClusteredArticle]
) -> None:
    day = {"range": {"@timestamp": {"gte": (NOW - timedelta(hours=24)).isoformat()}}}
    with asking(line) as es:
        found = es.search(
            index=alias_of(line, ARTICLES),
            query=day,
            aggregations={name: {"terms": {"field": name, "size": 50}} for name in ("actors", "countries", "story_id")},
        )
    groups = {name: {b["key"]: b["doc_count"] for b in g["buckets"]} for name, g in found["aggregations"].items()}
    assert found["hits"]["total"]["value"] == len(today(news))
    with watching(browser, base) as tab:
        page = tab.open("/")
        expect(page.locator("#articles")).to_have_text(str(found["hits"]["total"]["value"]))
        expect(page.locator("#stories")).to_have_text(str(len(groups["story_id"])))
        expect(page.locator("#alerts")).to_have_text("2")
        rows = page.locator(".who .list").nth(0).locator("li")
        assert sorted(int(row.locator(".count").inner_text()) for row in rows.all()) == sorted(
            groups["actors"].values()
        )
        syria = page.locator(".who .list").nth(1).locator("li", has_text="Syria")
        expect(syria.locator(".count")).to_have_text(str(groups["countries"]["SY"]))
        biggest = page.locator(".stories .size").first
        expect(biggest).to_have_text("4")
        expect(page.locator(".stories a.head").first).to_have_text("Rebels enter Homs")
        bars = [one.text_content() or "" for one in page.locator("rect.hit title").all()]
        assert sum(int(found_in(bar, r": (\d+) article")) for bar in bars) == len(today(news))


def test_a_country_or_region_is_never_a_pin_and_doubt_is_drawn(base: str, browser: Browser) -> None:
    with watching(browser, base) as tab:
        page = tab.open("/")
        pins = [one.text_content() or "" for one in page.locator("circle.spot title").all()]
        assert sorted(pin.split(",")[0].split(":")[0] for pin in pins) == [
            "Al-Nour hospital",
            "Damascus",
            "Homs",
            "Lagos",
        ]
        unsure = [one.text_content() or "" for one in page.locator("circle.spot.unsure title").all()]
        assert sorted(pin.split(",")[0].split(":")[0] for pin in unsure) == ["Al-Nour hospital", "Lagos"]
        shaded = page.locator("path.area:not(.s0) title")
        assert {(one.text_content() or "").split(":")[0] for one in shaded.all()} >= {
            "Syria",
            "Nigeria",
            "United States",
        }


def test_words_and_filters_narrow_every_number_and_stand_in_the_address(
    base: str, browser: Browser, news: list[ClusteredArticle]
) -> None:
    syrian = today(news, country="SY")
    with watching(browser, base) as tab:
        page = tab.open("/")
        page.locator("select[name=country]").select_option("SY")
        page.get_by_role("button", name="Show").click()
        expect(page).to_have_url(f"{base}/?country=SY")
        expect(page.locator("#articles")).to_have_text(str(len(syrian)))
        page.get_by_label("Words").fill("talks")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{base}/?country=SY&q=talks")
        expect(page.locator("#articles")).to_have_text("3")
        page.get_by_role("link", name=re.compile("^Syria.*take away")).click()
        expect(page).to_have_url(f"{base}/?q=talks")
        page.get_by_label("Actor").fill("united nations")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{base}/?actor=united-nations&q=talks")
        page.get_by_role("navigation", name="Views").get_by_role("link", name="Articles").click()
        expect(page).to_have_url(f"{base}/articles?actor=united-nations&q=talks")
        expect(page.locator("#total")).to_have_text("3")
        expect(page.locator(".hits mark").first).to_have_text("Talks")
    with watching(browser, base) as other:  # a colleague, to whom the address was sent
        expect(other.open("/articles?actor=united-nations&q=talks").locator("#total")).to_have_text("3")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("place=Homs", 5),
        ("place=169577", 5),
        ("source=harbourwire.example", 5),
        ("source=Summit+Post", 3),
        ("language=en", 11),
        ("language=fr", 0),
        ("country=Nigeria", 2),
        ("span=all", 13),
        ("span=7d&q=%22old+report%22", 2),
        ("actor=hayat-tahrir-al-sham&span=all", 6),
    ],
)
def test_each_filter_finds_what_it_says(base: str, asked: str, count: int, news: list[ClusteredArticle]) -> None:
    found = httpx.get(f"{base}/articles?{asked}", follow_redirects=True).text
    assert found_in(found, r'id="total">(\d+)<') == str(count)


def test_an_article_titled_as_a_script_is_text_everywhere(
    base: str, browser: Browser, news: list[ClusteredArticle]
) -> None:
    (evil,) = [one for one in news if one.tagged.article.title == SCRIPT]
    with watching(browser, base) as tab:
        for path in ("/", "/articles", f"/stories/{evil.story.id}", f"/articles/{evil.tagged.article.id}"):
            page = tab.open(path)
            expect(page.locator("main").get_by_text(SCRIPT).first).to_be_visible()
            assert page.locator("script").count() == 1  # ours
        expect(page.locator("h1")).to_have_text(SCRIPT)


def test_tags_are_marked_in_the_text_and_say_why_when_pointed_at_or_reached_by_keyboard(
    base: str, browser: Browser, views: dict[str, str]
) -> None:
    with watching(browser, base) as tab:
        page = tab.open(views["article"])
        homs = page.locator(".text a.place", has_text="Homs")
        expect(homs).to_have_attribute("href", f"/places/{HOMS.id}")
        why = page.locator(".tip", has_text="Homs is the reason")
        expect(why).to_be_hidden()
        homs.hover()
        expect(why).to_be_visible()
        expect(why).to_contain_text("Homs, Syria (city)")
        expect(why).to_contain_text("95 % sure")
        page.mouse.move(0, 0)
        expect(why).to_be_hidden()
        homs.focus()
        expect(why).to_be_visible()
        expect(page.locator(".text")).to_contain_text("Harbour Wire reports & says.")


def test_a_story_shows_its_outlets_in_the_order_in_which_they_came(base: str, browser: Browser) -> None:
    with watching(browser, base) as tab:
        page = tab.open("/stories/story-0")
        outlets = [one.text_content() for one in page.locator(".spread .outlet").all()]
        assert outlets == ["Harbour Wire", "Summit Post", "River Herald", "Delta Times"]
        assert [one.text_content() for one in page.locator(".spread .after").all()] == [
            "first",
            "+20 min",
            "+40 min",
            "+1 h",
        ]
        assert page.locator(".spread circle").count() == 4
        expect(page.locator(".told tbody tr")).to_have_count(4)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_fits_its_width_and_asks_no_other_machine(
    base: str, browser: Browser, views: dict[str, str], width: int
) -> None:
    with watching(browser, base, width=width) as tab:  # which also takes care that the console stays empty
        for path in views.values():
            page = tab.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.locator("h1").count() == 1, path


@pytest.mark.parametrize(
    ("dark", "chosen"),
    [(False, ()), (True, ("situation", "article", "alerts", "health"))],
    ids=["light", "dark"],
)
def test_axe_finds_nothing_serious(
    base: str, browser: Browser, views: dict[str, str], dark: bool, chosen: tuple[str, ...]
) -> None:
    axe, found = Axe(), {}
    with watching(browser, base, dark=dark) as tab:
        for name in chosen or views:
            # The many shapes of a drawing take long, so that one view's are enough.
            without: dict[str, list[list[str]]] = {"exclude": [["svg"]]} if name != "situation" else {}
            faults = axe.run(tab.open(views[name]), context=without or None).response["violations"]
            found[name] = [
                f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in faults if fault["impact"] in SERIOUS
            ]
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_what_comes_in_is_drawn_without_being_asked_for(
    line: Settings, base: str, browser: Browser, news: list[ClusteredArticle]
) -> None:
    with watching(browser, base) as tab:
        page = tab.open("/articles?q=harvest")
        expect(page.locator("#total")).to_have_text("0")
        page.get_by_label("Words").fill("half typed")
        of = replaced(news[0].tagged.article, id="fresh", title="A harvest festival", published_at=NOW)
        fresh = replaced(news[0], tagged=replaced(news[0].tagged, article=of))
        with connect(line) as es:
            write(es, line, [article_write(fresh, indexed_at=NOW)])
        refresh(line)
        expect(page.locator("#total")).to_have_text("1")
        expect(page.get_by_label("Words")).to_have_value("half typed")
        with connect(line) as es:
            es.delete(index=alias_of(line, ARTICLES), id="fresh", refresh=True)


def test_a_page_whose_server_is_gone_says_of_when_it_is(line: Settings, browser: Browser) -> None:
    with served(line) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator("#stale")).to_contain_text("What you see is of")
    context.close()


def test_only_this_machine_is_answered_and_nothing_foreign_can_run(base: str) -> None:
    answer = httpx.get(base)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|<style", answer.text)
    assert httpx.get(base, headers={"Host": "evil.example"}).status_code == 400
    for method in ("POST", "PUT", "DELETE"):
        assert httpx.request(method, base).status_code == 405


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/?span=yesterday", 400, "span &#39;yesterday&#39; is no length of time"),
        ("/?until=soon", 400, "is no time"),
        ("/?q=%28", 400, "cannot be read as a query"),
        ("/articles?page=0", 400, "page &#39;0&#39; is none of 1 to"),
        ("/?place=Nowhereville", 400, "no place &#39;Nowhereville&#39; is known"),
        ("/articles/none", 404, "no article none is stored"),
        ("/stories/none", 404, "no story none is stored"),
        ("/places/none", 404, "has no place none"),
        ("/elsewhere", 404, "there is no such view"),
    ],
)
def test_a_mistake_is_answered_in_one_line(base: str, path: str, status: int, said: str) -> None:
    answer = httpx.get(base + path, follow_redirects=True)
    assert answer.status_code == status
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_the_first_view_is_drawn_once_before_anybody_asks_for_it(line: Settings, news: list[ClusteredArticle]) -> None:
    """Who opens the page first does not wait for what is loaded with it."""

    def asked() -> int:
        with asking(line) as es:
            found = es.indices.stats(index=alias_of(line, ALERTS), metric="search")
        return int(found["_all"]["total"]["search"]["query_total"])

    before = asked()
    with served(line):
        give_up = time.monotonic() + 20
        while asked() == before:
            assert time.monotonic() < give_up, "nobody has asked for the alerts of the first view"
            time.sleep(0.05)


def test_without_elasticsearch_the_page_says_so(line: Settings) -> None:
    with served(replaced(line, elasticsearch="http://127.0.0.1:9", connect_timeout_s=1.0)) as address:
        answer = httpx.get(address)
    assert answer.status_code == 503
    assert "Elasticsearch at http://127.0.0.1:9 cannot be reached" in answer.text
