"""What becomes of a rule and a story when another article of it has come: one alert, told once, and why again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from wirewatch.alerts.rule import Rule
from wirewatch.models import TAKEN_DOWN_TITLE, Alert, AlertStatus, Article, ClusteredArticle, Origin, Reason, alert_id

Why = Callable[[], tuple[Reason, ...]]

_TOLD = ("new", "sent", "held")
_PRODUCED_BY_HAND = "files"


def age_counts_from(article: Article) -> datetime:
    """From when an article grows old: its publication; for one that was pushed by hand, its arrival."""
    if article.lineage.producer == _PRODUCED_BY_HAND:
        return article.fetched_at
    return article.published_at or article.fetched_at


def may_page(rule: Rule, article: Article, origin: Origin, *, now: datetime, max_age: timedelta) -> bool:
    """Whether an article is news for a rule: live, young, and come after the rule and its present conditions."""
    moment = age_counts_from(article)
    return (
        origin is Origin.LIVE
        and now - moment <= max_age
        and (rule.created_at is None or moment >= rule.created_at)
        and (rule.since is None or article.fetched_at >= rule.since)
    )


def judge(
    known: Alert | None,
    rule: Rule,
    why: Why | None,
    clustered: ClusteredArticle,
    origin: Origin,
    *,
    now: datetime,
    max_age: timedelta,
) -> Alert | None:
    """The alert of ``rule`` and the article's story after this article; ``known`` itself where nothing changes.

    ``why`` gives the reasons where the article meets the rule and is None where it does not. An alert with an
    ``occasion`` has something to tell. Judging the same article again changes nothing.
    """
    pages = may_page(rule, clustered.tagged.article, origin, now=now, max_age=max_age)
    if known is None:
        return _made(rule, why(), clustered, origin, pages, now) if why else None
    alert = _grown(known, clustered, now)
    if why is None and _is_edit(known, clustered):
        return _corrected(alert, clustered, now)
    if why is not None and _is_edit(known, clustered):
        alert = msgspec.structs.replace(alert, reasons=why(), article_version=clustered.version, updated_at=now)
    muted = clustered.story.id in rule.muted_stories
    if not pages or muted:
        return alert
    enough = clustered.story.independent_outlets >= rule.min_sources
    match alert.status:
        case "waiting" if enough:
            return _told(alert, "first", now, status="new")
        case "late" if why is not None:
            made = _made(rule, why(), clustered, origin, pages, now)
            return msgspec.structs.replace(made, made_at=alert.made_at)
        case "corrected" if why is not None and enough and clustered.story.revision > known.story_revision:
            again = _made(rule, why(), clustered, origin, pages, now)
            return msgspec.structs.replace(again, made_at=alert.made_at, occasion="again", escalated=alert.escalated)
        case "new" | "sent" | "held" if _reached(rule, clustered) and not alert.escalated:
            return _told(alert, alert.occasion or "escalation", now, escalated=True)
    return alert


def taken_down(known: Alert, clustered: ClusteredArticle, *, now: datetime) -> Alert:
    """The alert without a word of the article it was made for, which was taken down; ``known`` where that is another.

    Where it paged, that is said: it has the occasion of a correction.
    """
    if not _is_edit(known, clustered):
        return known
    marked = _corrected(_grown(known, clustered, now), clustered, now)
    return msgspec.structs.replace(marked, title=TAKEN_DOWN_TITLE, url=None, source=None, reasons=())


def _made(
    rule: Rule, reasons: tuple[Reason, ...], clustered: ClusteredArticle, origin: Origin, pages: bool, now: datetime
) -> Alert:
    tagged, story = clustered.tagged, clustered.story
    article = tagged.article
    status = _first_status(rule, clustered, pages)
    return Alert(
        id=alert_id(rule.id, story.id),
        rule_id=rule.id,
        rule_name=rule.name,
        rule_version=rule.version,
        story_id=story.id,
        article_id=article.id,
        title=article.title,
        status=status,
        made_at=now,
        updated_at=now,
        story_revision=story.revision,
        article_version=clustered.version,
        origin=origin,
        url=article.url,
        source=article.source.name or article.source.domain,
        language=article.language or tagged.tags.language,
        published_at=article.published_at,
        delay_ms=max(0, round((now - article.fetched_at).total_seconds() * 1000)),
        reasons=reasons,
        outlets=story.independent_outlets,
        articles=story.articles,
        actors=tuple(actor.id for actor in tagged.tags.actors),
        locations=tuple(place.id for place in tagged.tags.places if place.id),
        countries=tuple(dict.fromkeys(place.country_code for place in tagged.tags.places if place.country_code)),
        geo=story.geo,
        notify=rule.notify,
        throttle=rule.throttle,
        quiet_hours=rule.quiet_hours,
        occasion="first" if status in ("new", "late") else None,
        escalated=_reached(rule, clustered),
    )


def _first_status(rule: Rule, clustered: ClusteredArticle, pages: bool) -> AlertStatus:
    if clustered.story.id in rule.muted_stories:
        return "muted"
    if not pages:
        return "late"
    return "new" if clustered.story.independent_outlets >= rule.min_sources else "waiting"


def _reached(rule: Rule, clustered: ClusteredArticle) -> bool:
    return rule.escalate_at is not None and clustered.story.independent_outlets >= rule.escalate_at


def _grown(known: Alert, clustered: ClusteredArticle, now: datetime) -> Alert:
    story = clustered.story
    if story.revision <= known.story_revision:
        return known
    return msgspec.structs.replace(
        known,
        outlets=story.independent_outlets,
        articles=story.articles,
        geo=story.geo,
        story_revision=story.revision,
        updated_at=now,
    )


def _is_edit(known: Alert, clustered: ClusteredArticle) -> bool:
    return clustered.tagged.article.id == known.article_id and clustered.version > known.article_version


def _corrected(alert: Alert, clustered: ClusteredArticle, now: datetime) -> Alert:
    if alert.status == "corrected":
        return msgspec.structs.replace(alert, article_version=clustered.version, updated_at=now)
    was_told = alert.status in _TOLD
    return msgspec.structs.replace(
        alert,
        status="corrected",
        article_version=clustered.version,
        occasion="correction" if was_told else None,
        updated_at=now,
    )


def _told(alert: Alert, occasion: str, now: datetime, **fields: object) -> Alert:
    return msgspec.structs.replace(alert, occasion=occasion, updated_at=now, **fields)
