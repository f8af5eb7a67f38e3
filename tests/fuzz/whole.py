"""Small whole documents of each kind that the fuzz tests damage."""

from __future__ import annotations

import msgspec

from tests.builders import NOW, alert, article, tagged
from wirewatch.geo import Point
from wirewatch.models import ClusteredArticle, Tags
from wirewatch.stories import Stories
from wirewatch.topics import ALERTS, ARTICLES_CLUSTERED, ARTICLES_RAW, ARTICLES_TAGGED, STORIES_ASSIGNED

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Harbour Wire</title><link>https://harbourwire.example/</link><ttl>30</ttl>
<skipHours><hour>3</hour></skipHours><language>en</language>
<item><title>Ferry &amp; barge collide</title><link>https://harbourwire.example/1?utm_source=x</link>
<guid isPermaLink="false">hw-1</guid><pubDate>Sat, 07 Dec 2024 10:00:00 GMT</pubDate>
<description>&lt;p&gt;Two hurt.&lt;/p&gt;</description><dc:creator>A. Writer</dc:creator>
<content:encoded><![CDATA[<p>Two people were hurt in <b>Homs</b>.</p>]]></content:encoded>
<enclosure url="/a.mp3" length="1" type="audio/mpeg"/></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/"><title type="html">A</title>
<id>tag:a.example,2024:1</id><updated>2024-12-07T10:00:00Z</updated><link rel="self" href="feed"/>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">An <em>entry</em></div></title>
<id>urn:uuid:1</id><link href="1"/><updated>2024-12-07T10:00:00+02:00</updated><summary>S</summary></entry></feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://r.example/"><title>R</title></channel>
<item rdf:about="https://r.example/1"><title>One</title><link>https://r.example/1</link></item></rdf:RDF>"""
JSON_FEED = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "J", "home_page_url": "https://j.example/",
"items": [{"id": "1", "url": "https://j.example/1", "title": "One", "content_html": "<p>x</p>",
"date_published": "2024-12-07T10:00:00Z", "authors": [{"name": "A"}], "tags": ["a"]}]}"""
FEEDS = (RSS, ATOM, RDF, JSON_FEED)

PARAGRAPH = (
    b"<p>Officials said the ferry had left the harbour before the storm and that all boats were called back.</p>"
)
HTML = (
    b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ferry returns</title>
<link rel="canonical" href="https://h.example/1"><link rel="alternate" type="application/rss+xml" href="/feed">
<meta property="article:published_time" content="2024-12-07T10:00:00Z"><meta name="author" content="A. Writer">
<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-12-07"}</script></head>
<body><nav><a href="/">Home</a></nav><article><h1>Ferry returns</h1>"""
    + PARAGRAPH * 8
    + b"""<table><tr><td>1</td></tr></table><blockquote>Quoted &mdash; words.</blockquote></article></body></html>""",
)

FILES = (
    b'{"title": "Ferry returns", "text": "It is back.", "url": "https://h.example/1", "published": "2024-12-07",\n'
    b'"source": "Harbour Wire", "language": "en", "extra": [1, 2.5, null, {"a": true}]}\n',
    b'{"title": "One", "text": "a"}\n{"title": "Two", "text": "b"}\n',
    b'[{"title": "One", "text": "a"}, {"title": "Two", "text": "b", "published": "yesterday"}]',
    b"---\ntitle: Ferry returns\ndate: 2024-12-07\ntags: [a, b]\nsource: {name: x}\n---\n"
    b"# Heading\n\nText *in* [Markdown](x).\n",
    b"Ferry returns\n\nIt came back in the evening, said the harbour master.\n",
)

RULES = (
    b'(insurgent* OR rebels) AND "government forces" NOT football',
    b'title:"car bomb"~3 AND (Homs OR \xd8\xad\xd9\x85\xd8\xb5) NOT (drill* OR exercise)',
    b"AT&T C++ U.S. O'Brien Al-Shabaab caf\xc3\xa9",
)
RULE_FILES = (
    b'[[rule]]\nid = "near-homs"\nname = "Near Homs"\ntext = "rebels AND NOT football"\nactors = ["hezbollah"]\n'
    b'near = { place = "Homs, SY", within_km = 50 }\ncountries = ["SY"]\nmin_sources = 2\nthrottle = "30m"\n'
    b'quiet_hours = "22:00-06:00"\nnotify = ["ops"]\nlanguages = ["en"]\n',
)


TAGGED = tagged(article(url="https://h.example/1"))
CLUSTERED = ClusteredArticle(TAGGED, Stories().judge(TAGGED).story, 1, NOW)
MESSAGES = {
    topic: tuple(msgspec.json.encode(one) for one in messages)
    for topic, messages in (
        (ARTICLES_RAW, (TAGGED.article, article("Two words", "Ministers met in Homs.", language=None))),
        (ARTICLES_TAGGED, (TAGGED, tagged(tags=Tags()))),
        (ARTICLES_CLUSTERED, (CLUSTERED,)),
        (STORIES_ASSIGNED, (Stories().judge(TAGGED).assignment,)),
        (ALERTS, (alert(), alert(geo=(Point(34.7, 36.7),), published_at=NOW))),
    )
}
