"""The views: what each one asks, and the template that it is drawn with."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wirewatch.errors import UserMistake, WirewatchError
from wirewatch.feeds.rhythm import usual_gap
from wirewatch.feeds.state import health_of
from wirewatch.page.board import board, own
from wirewatch.page.desk import Desk
from wirewatch.page.drawn import drawn
from wirewatch.page.filters import SPANS, Filters, asked_of, filters_of, window_of
from wirewatch.page.marked import paragraphs
from wirewatch.page.measured import subjects
from wirewatch.page.pulse import problems
from wirewatch.page.spread import spread
from wirewatch.page.words import full, length
from wirewatch.search.metrics import quality
from wirewatch.search.opened import DEEPEST, PAGE, find_articles, find_fired, open_article, open_story

VIEWS = (
    ("/", "Situation"),
    ("/articles", "Articles"),
    ("/alerts", "Alerts"),
    ("/health", "Health"),
    ("/quality", "Quality"),
)
FILTERED = ("/", "/articles", "/alerts")
"""Views which their own form filters; from all others it leads to the articles."""

LANGUAGES = ("ar", "de", "en", "es", "fr", "pt", "ru", "uk")
REFRESH_S = 15
_HEALTH_ORDER = ("failing", "blocked", "retired", "moved", "quiet", "new", "ok")


class NotFound(WirewatchError):
    """What an address names is not there."""


class Views:
    """One method a view: from a request to its answer."""

    def __init__(self, desk: Desk, *, refresh_s: int = REFRESH_S) -> None:
        self._desk, self._refresh_s = desk, refresh_s

    def warm_up(self) -> None:
        """Draw the first view once, so that nobody waits for what is loaded with it; without servers it is left."""
        nobody = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})
        with suppress(WirewatchError):
            self.situation(nobody)

    def situation(self, request: Request) -> Response:
        """What is happening, where, who does it, what fired."""
        filters = self._filters(request)
        found = board(self._desk.es, self._desk.settings, self._desk.names, filters, now=_now())
        return self._drawn("situation.html", request, filters, refresh=True, board=found, path="/")

    def actor(self, request: Request) -> Response:
        """The same of one actor, and who that is."""
        id_ = self._desk.names.actor_called(request.path_params["id"])
        filters = self._filters(request).but(actor=id_)
        desk, path = self._desk, Filters().at("/actors", id_)
        found = board(desk.es, desk.settings, desk.names, filters, now=_now(), path=path, leave_out=id_)
        return self._drawn(
            "actor.html",
            request,
            filters,
            refresh=True,
            board=found,
            path=path,
            id=id_,
            name=desk.names.actor(id_),
            known=desk.names.known_actor(id_),
            actors_caption="With whom",
        )

    def place(self, request: Request) -> Response:
        """The same of one place, and where that is."""
        desk, id_ = self._desk, request.path_params["id"]
        place = desk.names.place(id_)
        if place is None:
            raise NotFound(f"the gazetteer has no place {id_}")
        filters = self._filters(request).but(place=id_)
        path = Filters().at("/places", id_)
        found = board(desk.es, desk.settings, desk.names, filters, now=_now(), path=path, around=place)
        return self._drawn("place.html", request, filters, refresh=True, board=found, path=path, place=place)

    def articles(self, request: Request) -> Response:
        """The articles that meet the filters, page by page."""
        filters, page = self._filters(request), _page(request)
        asked = asked_of(filters, None if filters.span == "all" else window_of(filters, now=_now()))
        founds = find_articles(self._desk.es, self._desk.settings, asked, page=page)
        return self._drawn(
            "articles.html",
            request,
            filters,
            refresh=page == 1,
            founds=founds,
            page=page,
            address=lambda n: _with(filters.at("/articles"), page=n),
        )

    def article(self, request: Request) -> Response:
        """One article, its tags marked in its text, with the reasons."""
        filters, id_ = self._filters(request), request.path_params["id"]
        opened = open_article(self._desk.es, self._desk.settings, id_)
        if opened is None:
            raise NotFound(f"no article {id_} is stored")
        article, tags = opened.tagged.article, opened.tagged.tags
        by_field = {name: [m for m in tags.mentions if m.field == name] for name in ("title", "text")}
        lost = sum(m.end > len(getattr(article, m.field)) for m in tags.mentions)
        return self._drawn(
            "article.html",
            request,
            filters,
            article=article,
            tags=tags,
            outlet=article.source.name or article.source.domain or "an unnamed outlet",
            title=paragraphs(" ".join(article.title.split("\n")), by_field["title"]),
            text=paragraphs(article.text, by_field["text"]),
            unmarked=lost,
            story=opened.story,
            alerts=opened.alerts,
            version=opened.version,
            indexed_at=opened.indexed_at,
            tagger_version=opened.tagged.tagger_version,
            kb_version=opened.tagged.kb_version,
        )

    def story(self, request: Request) -> Response:
        """One story: who told it, when, and how it spread."""
        filters, id_ = self._filters(request), request.path_params["id"]
        opened = open_story(self._desk.es, self._desk.settings, id_)
        if opened is None:
            raise NotFound(f"no story {id_} is stored")
        places = [place for one in opened.story.locations[:20] if (place := self._desk.names.place(one))]
        return self._drawn(
            "story.html",
            request,
            filters,
            refresh=True,
            story=opened.story,
            articles=opened.articles,
            in_all=opened.in_all,
            alerts=opened.alerts,
            linked=opened.linked,
            spread=spread(opened.articles, self._desk.zone),
            places=places,
        )

    def alerts(self, request: Request) -> Response:
        """What the rules found."""
        filters, page, rule = self._filters(request), _page(request), request.query_params.get("rule") or None
        asked = asked_of(filters, None if filters.span == "all" else window_of(filters, now=_now()))
        fired = find_fired(self._desk.es, self._desk.settings, asked, page=page, rule=rule)
        return self._drawn(
            "alerts.html",
            request,
            filters,
            refresh=page == 1,
            fired=fired,
            page=page,
            rule=rule,
            rule_address=lambda id_: _with(filters.at("/alerts"), rule=id_),
            address=lambda n: _with(filters.at("/alerts"), rule=rule, page=n),
        )

    def health(self, request: Request) -> Response:
        """Whether the line and the feeds are well, and how far behind."""
        filters, now = self._filters(request), _now()
        pulse = self._desk.watched.pulse(wait_s=2.0)
        feeds = sorted(pulse.feeds, key=lambda feed: (_HEALTH_ORDER.index(feed.health), feed.name))
        gaps = {feed.id: usual_gap(feed.rhythm) for feed in feeds}
        return self._drawn(
            "health.html",
            request,
            filters,
            refresh=True,
            feeds=[
                (feed, health_of(feed, now=now)[1], f"every {length(gap)}" if (gap := gaps[feed.id]) else "")
                for feed in feeds
            ],
            healths=Counter(feed.health for feed in feeds).most_common(),
        )

    def quality(self, request: Request) -> Response:
        """How right the tags are, as it was measured."""
        found = quality(self._desk.es, self._desk.settings)
        filters = self._filters(request)
        return self._drawn("quality.html", request, filters, found=found, subjects=subjects(found.metrics))

    def failed(self, request: Request, error: Exception) -> Response:
        """What went wrong, in one line, with the status of its kind."""
        status, heading = 503, "Not now"
        if isinstance(error, NotFound):
            status, heading = 404, "Not there"
        elif isinstance(error, UserMistake):
            status, heading = 400, "That cannot be asked"
        elif not isinstance(error, WirewatchError):
            status, heading = 500, "A fault of the page"  # its traceback is in the log
        refresh = status >= 500
        return self._drawn(
            "error.html",
            request,
            Filters(),
            status=status,
            refresh=refresh,
            heading=heading,
            said=str(error) if isinstance(error, WirewatchError) else f"{error!r}; logs/page.log says where",
            bad=refresh,
        )

    def _filters(self, request: Request) -> Filters:
        filters = self._desk.resolved(filters_of(request.query_params))
        given = dict(request.query_params)
        typed = any(
            name in given and given[name].strip() != (getattr(filters, name) or "")
            for name in ("actor", "place", "country")
        )
        if typed or not all(given.values()):  # a form sends names and empty fields, an address to share has neither
            rest = {name: given[name] for name in ("rule", "page") if given.get(name)}
            raise Elsewhere(_with(filters.at(request.url.path), **rest))
        return filters

    def _drawn(
        self,
        template: str,
        request: Request,
        filters: Filters,
        *,
        status: int = 200,
        refresh: bool = False,
        **values: Any,
    ) -> Response:
        now, pulse, here = _now(), self._desk.watched.pulse(wait_s=0.5), request.url.path
        names = self._desk.names
        fixed = here.split("/")[1] if here.startswith(("/actors/", "/places/")) else ""
        form_action = here if here in FILTERED or fixed else "/articles"
        carried = own(filters, here)
        place = names.place(filters.place) if filters.place else None
        context = {
            "now": now,
            "zone": self._desk.zone,
            "names": names,
            "filters": filters,
            "views": VIEWS,
            "here": here,
            "path": here,
            "standalone": "",
            "refresh": self._refresh_s if refresh else 0,
            "pulse": pulse,
            "problems": problems(pulse, now=now),
            "form_action": form_action,
            "fixed": fixed,
            "spans": _spans(filters),
            "countries": names.countries(),
            "languages": [(code, names.language(code)) for code in LANGUAGES],
            "place_name": place.name if place else filters.place,
            "chips": _chips(carried, names, place.name if place else "", form_action, self._desk.zone),
            "clear": Filters(span=filters.span).at(form_action),
            "size": PAGE,
            "deepest": DEEPEST,
            "actors_caption": "Who",
        }
        return HTMLResponse(drawn(template, context | values), status)


class Elsewhere(Exception):
    """The same view has a shorter address."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def moved(_request: Request, error: Exception) -> Response:
    """To that address."""
    assert isinstance(error, Elsewhere)
    return RedirectResponse(error.address, 303)


def _chips(filters: Filters, names: Any, place: str, path: str, zone: tzinfo) -> list[tuple[str, str]]:
    said = {
        "q": filters.q and f"“{filters.q}”",
        "country": filters.country and names.country(filters.country),
        "actor": filters.actor and names.actor(filters.actor),
        "place": filters.place and (place or filters.place),
        "source": filters.source,
        "language": filters.language and names.language(filters.language),
        "until": filters.until and f"until {full(filters.until, zone)}",
    }
    return [(text, filters.but(**{name: None}).at(path)) for name, text in said.items() if text]


def _spans(filters: Filters) -> list[tuple[str, str]]:
    own = [] if filters.span in SPANS else [(filters.span, filters.span)]
    return own + list(SPANS.items())


def _page(request: Request) -> int:
    said = request.query_params.get("page", "1")
    if not said.isascii() or not said.isdigit() or not 0 < int(said) <= DEEPEST:
        raise UserMistake(f"page {said!r} is none of 1 to {DEEPEST}")
    return int(said)


def _with(address: str, **values: object) -> str:
    said = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in values.items() if value not in (None, 1))
    return address + ("&" if "?" in address else "?") + said if said else address


def _now() -> datetime:
    return datetime.now(UTC)
