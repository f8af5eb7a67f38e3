"""Feeds of every format, whole and broken, and what is read of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirewatch.feeds.dates import not_in_the_future, read_date
from wirewatch.feeds.html_text import line_of, text_of
from wirewatch.feeds.items import ITEMS_LIMIT, Item, NotAFeed, Parsed
from wirewatch.feeds.parse import parse
from wirewatch.feeds.rhythm import Hints

URL = "https://harbourwire.example/feeds/world.xml"
NOON = datetime(2024, 12, 8, 12, tzinfo=UTC)
SHELLING = Item(
    title="Shelling near Homs",
    text="Two were hurt.",
    link="https://harbourwire.example/a/1",
    guid="tag:1",
    published=NOON,
)


def rss(items: str, head: str = "", version: str = "2.0", declared: str = "utf-8") -> str:
    return (
        f'<?xml version="1.0" encoding="{declared}"?><rss version="{version}" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:media="http://search.yahoo.com/mrss/">'
        f"<channel><title>Harbour Wire</title>{head}{items}</channel></rss>"
    )


def item(
    title: str = "Shelling near Homs",
    more: str = "<pubDate>Sun, 08 Dec 2024 12:00:00 GMT</pubDate>",
    link: str = "/a/1",
    description: str = "Two were hurt.",
    guid: str = '<guid isPermaLink="false">tag:1</guid>',
) -> str:
    return f"<item><title>{title}</title><link>{link}</link>{guid}<description>{description}</description>{more}</item>"


def read(text: str | bytes, content_type: str = "text/xml") -> Parsed:
    return parse(text.encode() if isinstance(text, str) else text, url=URL, content_type=content_type)


def first(text: str | bytes, content_type: str = "text/xml") -> Item:
    return read(text, content_type).items[0]


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour Wire</title>
<entry><title>Shelling near Homs</title><id>tag:1</id><link rel="alternate" href="/a/1"/>
<published>2024-12-08T13:00:00+01:00</published><updated>2024-12-09T00:00:00Z</updated>
<summary>Two were hurt.</summary></entry></feed>"""
ATOM_03 = """<?xml version="1.0"?><feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Harbour Wire</title>
<entry><title>Shelling near Homs</title><id>tag:1</id><link rel="alternate" type="text/html" href="/a/1"/>
<issued>2024-12-08T12:00:00Z</issued><summary>Two were hurt.</summary></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x">
<title>Harbour Wire</title></channel><item rdf:about="tag:1"><title>Shelling near Homs</title><link>/a/1</link>
<description>Two were hurt.</description><dc:date>2024-12-08T12:00:00Z</dc:date></item></rdf:RDF>"""
RSS_091 = rss(item(guid="<guid>tag:1</guid>"), version="0.91")
JSON_11 = """{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour Wire", "language": "en", "items": [
{"id": "tag:1", "url": "/a/1", "title": "Shelling near Homs", "content_html": "<p>Two were hurt.</p>",
"date_published": "2024-12-08T12:00:00Z", "authors": [{"name": "A. Writer"}], "tags": ["Syria"]}]}"""
JSON_10 = JSON_11.replace("1.1", "1").replace('"authors": [{"name": "A. Writer"}]', '"author": {"name": "A. Writer"}')


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (rss(item()), "rss20"),
        (RSS_091, "rss091u"),
        (rss(item(), version="0.92"), "rss092"),
        (rss(item(), version="0.94"), "rss094"),
        (ATOM, "atom10"),
        (ATOM_03, "atom03"),
        (RDF, "rss10"),
        (JSON_11, "json feed 1.1"),
        (JSON_10, "json feed 1"),
    ],
    ids=["2.0", "0.91", "0.92", "0.94", "atom 1.0", "atom 0.3", "rdf", "json 1.1", "json 1.0"],
)
@pytest.mark.parametrize(
    "content_type", ["application/rss+xml", "text/html", "application/octet-stream", "", "image/png"]
)
def test_every_format_is_read_whatever_its_content_type_says(text: str, kind: str, content_type: str) -> None:
    found = read(text, content_type)
    assert (found.kind, found.title, len(found.items)) == (kind, "Harbour Wire", 1)
    assert found.complaints == ()
    one = found.items[0]
    assert (one.title, one.text, one.link, one.guid) == (
        SHELLING.title,
        SHELLING.text,
        SHELLING.link,
        SHELLING.guid,
    )
    assert one.published == NOON


@pytest.mark.parametrize(
    ("declared", "encoded", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml; charset=utf-8"),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", "text/xml"),
        ("iso-8859-1", "iso-8859-1", "text/xml"),
        ("iso-8859-1", "iso-8859-1", "text/xml; charset=utf-8"),
        ("windows-1252", "windows-1252", ""),
        ("utf-8", "utf-8-sig", "text/xml"),
        ("utf-16", "utf-16", "text/xml"),
        ("utf-16", "utf-16", "text/xml; charset=utf-8"),
    ],
)
def test_every_encoding_is_read_also_when_its_label_is_wrong(declared: str, encoded: str, content_type: str) -> None:
    assert first(rss(item("Élysée: café"), declared=declared).encode(encoded), content_type).title == "Élysée: café"


@pytest.mark.parametrize(
    ("encoded", "title"),
    [
        ("windows-1251", "Обстрел города у границы области"),
        ("koi8-r", "Обстрел города у границы"),
        ("shift_jis", "能登半島で地震がありました"),
        ("gb18030", "叙利亚霍姆斯附近的炮击事件"),
        ("euc-kr", "시리아 홈스 인근 포격"),
        ("windows-1256", "قصف بالقرب من حمص"),
        ("iso-2022-jp", "能登半島で地震"),
    ],
)
def test_scripts_of_the_world_come_through_their_old_encodings(encoded: str, title: str) -> None:
    assert first(rss(item(title), declared=encoded).encode(encoded)).title == title


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("&lt;b&gt;Homs&lt;/b&gt; falls", "Homs falls"),
        ("<![CDATA[<em>Homs</em> falls &#8211; report]]>", "Homs falls – report"),
        ("5 &lt; 6 and 7 &gt; 6", "5 < 6 and 7 > 6"),
        ("&amp;lt;p&amp;gt;Homs&amp;lt;/p&amp;gt;", "Homs"),
        ("Homs\n   falls", "Homs falls"),
        ("Caf&#233; &eacute;t&eacute;", "Café été"),
        ("", ""),
    ],
)
def test_a_title_is_a_line_of_text(title: str, shown: str) -> None:
    assert first(rss(item(title))).title == shown


def test_the_whole_text_wins_over_the_summary() -> None:
    more = "<content:encoded><![CDATA[<p>Two were hurt.</p><p>A third died later.</p>]]></content:encoded>"
    one = first(rss(item(more=more)))
    assert (one.text, one.summary) == ("Two were hurt.\n\nA third died later.", "Two were hurt.")


def test_text_is_what_a_reader_sees() -> None:
    html = (
        "<script>alert(1)</script><style>p{}</style><h2>Homs</h2><p>Two&nbsp;were <a href='x'>hurt</a>.<br>One died."
        "<!-- no --></p><iframe src='x'>no</iframe><ul><li>a</li><li>b</li></ul><p onclick='x'>End &copy;</p>"
    )
    assert text_of(html) == "Homs\n\nTwo were hurt.\nOne died.\n\na\nb\n\nEnd ©"
    assert line_of("<p>a</p><p>b</p>") == "a b"


@pytest.mark.parametrize(
    "broken", ["<p>a<b>c", "<<<", "<a href='", "a<b", "\x00<p>x", "<p " * 5_000, "<div>" * 5_000 + "x"]
)
def test_broken_html_is_still_text(broken: str) -> None:
    assert "<p>" not in text_of(broken)


def test_relative_links_follow_the_feeds_address_and_its_base() -> None:
    assert first(rss(item(link="../b/2?x=1"))).link == "https://harbourwire.example/b/2?x=1"
    based = ATOM.replace("<feed ", '<feed xml:base="https://other.example/x/" ').replace('"/a/1"', '"a/1"')
    assert first(based).link == "https://other.example/x/a/1"


@pytest.mark.parametrize(
    ("given", "link"),
    [
        (item(link="", guid="<guid>https://x.example/g</guid>"), "https://x.example/g"),
        (item(link="javascript:alert(1)", guid=""), None),
        (
            "<item><title>A</title><enclosure url='https://x.example/a.mp3' type='audio/mpeg'/></item>",
            "https://x.example/a.mp3",
        ),
        ("<item><title>A</title></item>", None),
    ],
)
def test_an_item_without_a_link_takes_the_next_best(given: str, link: str | None) -> None:
    assert first(rss(given)).link == link


DATES = {
    "Sun, 08 Dec 2024 12:00:00 GMT": NOON,
    "Sun, 08 Dec 2024 07:00:00 -0500": NOON,
    "Sun, 08 Dec 2024 07:00:00 EST": NOON,
    "08 Dec 24 12:00 +0000": NOON,
    "2024-12-08T12:00:00Z": NOON,
    "2024-12-08T15:00:00+03:00": NOON,
    "2024-12-08 12:00:00": NOON,
    "Sun, 8 Dec 2024 12:00:00": NOON,
    "8 décembre 2024 12:00": NOON,
    "8. Dezember 2024 12:00": NOON,
    "8 de diciembre de 2024 12:00": NOON,
    "8 de dezembro de 2024 12:00": NOON,
    "8 dicembre 2024 12:00": NOON,
    "8 декабря 2024 12:00": NOON,
    "8 ديسمبر 2024 12:00": NOON,
    "yesterday-ish": None,
    "": None,
    "0000-00-00T00:00:00Z": None,
}


@pytest.mark.parametrize("said", DATES)
def test_dates_are_read_in_every_form_and_language(said: str) -> None:
    assert first(rss(item(more=f"<pubDate>{said}</pubDate>"))).published == DATES[said]


def test_a_missing_date_stays_missing() -> None:
    assert first(rss(item(more=""))).published is None


def test_what_is_read_now_was_not_published_later() -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC)
    assert not_in_the_future(later, now=NOON) == (NOON, True)
    assert not_in_the_future(NOON, now=later) == (NOON, False)
    assert not_in_the_future(None, now=NOON) == (None, False)


@pytest.mark.parametrize("said", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2024-12-08" * 50])
def test_a_date_beyond_all_calendars_is_none(said: str) -> None:
    assert read_date(said) is None


WHOLE = rss(item() + item("Second", link="/a/2", guid="<guid>tag:2</guid>"))
BROKEN = {
    "junk before": "\n\n<br />\nWarning: something\n" + WHOLE,
    "spaces before": "  \n" + WHOLE,
    "control characters": WHOLE.replace("Second", "Sec\x0bond"),
    "bare ampersand": WHOLE.replace("Second", "Second & third"),
    "undeclared entity": WHOLE.replace("Second", "Second&nbsp;caf&eacute;"),
    "undeclared prefix": WHOLE.replace("<item>", "<foo:bar>1</foo:bar><item>", 1),
    "cut off": WHOLE[: WHOLE.index("</channel>")],
    "cut in the second item": WHOLE[: WHOLE.index("tag:2")],
    "unclosed tag": WHOLE.replace("<description>", "<description><p>", 1),
    "html inside": WHOLE.replace("Two were hurt.", "Two <br> were <b>hurt</b>.", 1),
    "wrong nesting": WHOLE.replace("<title>Second</title>", "<title><b>Second</title></b>"),
    "junk behind": WHOLE + "<!-- cached --><script>x</script>",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_mended(what: str) -> None:
    found = read(BROKEN[what])
    assert found.items[0].title == "Shelling near Homs"
    assert len(found.items) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"<!DOCTYPE html><html><body>Not here</body></html>", "a web page, not a feed"),
        (b"Access denied", "no RSS, Atom, RDF or JSON Feed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no RSS"),
        (b'{"error": "gone"}', "no list of items"),
        (b'{"items": [', "begins like JSON and is none"),
        (b"[1, 2]", "no JSON Feed"),
        (b"[" * 100_000, "begins like JSON"),
        (b'<?xml version="1.0"?><opml/>', "no RSS"),
    ],
)
def test_what_is_no_feed_is_said_in_words(body: bytes, said: str) -> None:
    with pytest.raises(NotAFeed, match=said) as caught:
        read(body)
    assert "\n" not in str(caught.value)


def bomb(declared: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE rss [{declared}]>' + rss(item("&b;")).partition("?>")[2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        "<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>",
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
        '<!ENTITY b PUBLIC "x" "http://169.254.169.254/">',
        '<!ENTITY % p SYSTEM "http://x.example/x.dtd"> %p;',
    ],
)
def test_entities_that_are_weapons_are_refused(declared: str, encoding: str) -> None:
    with pytest.raises(NotAFeed, match="refused"):
        read(bomb(declared).encode(encoding))


def test_an_entity_that_stands_for_a_word_is_no_weapon() -> None:
    assert first(bomb('<!ENTITY b "Homs">')).title in ("Homs", "&b;")


def test_no_more_items_are_read_than_the_limit() -> None:
    found = read(rss("".join(item(str(n), link=f"/{n}", more="") for n in range(ITEMS_LIMIT + 5))))
    assert len(found.items) == ITEMS_LIMIT
    assert "the first" in found.complaints[0]


def test_what_a_publisher_wishes_is_read() -> None:
    head = (
        "<ttl>30</ttl><skipHours><hour>0</hour><hour>24</hour><hour>3</hour></skipHours>"
        "<skipDays><day>Sunday</day></skipDays>"
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency><language>fr</language>"
    )
    found = read(rss(item(), head))
    assert found.hints == Hints(ttl_s=1_800, period_s=21_600, skip_hours=(0, 3), skip_days=(6,))
    assert found.language == "fr"
    assert read(rss(item(), "<ttl>soon</ttl>")).hints == Hints()


def test_author_and_categories_come_along() -> None:
    one = first(
        rss(item(more="<dc:creator>A. &amp;amp; B.</dc:creator><category>Syria</category><category>War</category>"))
    )
    assert (one.author, one.categories) == ("A. & B.", ("Syria", "War"))
    assert first(JSON_11).author == first(JSON_10).author == "A. Writer"
    assert first(JSON_11).categories == ("Syria",)


@given(st.binary(max_size=400), st.sampled_from([WHOLE, ATOM, RDF, JSON_11]), st.integers(0, 600))
def test_no_bytes_break_the_reader(rubbish: bytes, whole: str, at: int) -> None:
    body = whole.encode()
    try:
        found = read(body[:at] + rubbish + body[at:])
    except NotAFeed:
        return
    assert isinstance(found, Parsed)
