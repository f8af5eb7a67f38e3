"""Rules, reasons, alerts and trials in words, as plain text, Markdown and HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from wirewatch.models import Alert, Reason

if TYPE_CHECKING:
    from wirewatch.alerts.rule import Rule
    from wirewatch.alerts.trial import Trial

BAR = 40
"""Signs in the longest bar of a trial's days."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")


def reason_text(reason: Reason) -> str:
    """One reason as a person would say it, in one line."""
    return " ".join(_said(reason).split())


def _said(reason: Reason) -> str:
    quote = f" in “{reason.sentence}”" if reason.sentence else ""
    where = " of the title" if reason.field == "title" else ""
    because = f" ({reason.because})" if reason.because else ""
    match reason.condition:
        case "text" if reason.words:
            return f"“{' … '.join(reason.words) if _apart(reason) else ' '.join(reason.words)}”{quote}{where}"
        case "text":
            return f"nothing that {reason.asked} excludes is there"
        case "actors" | "actors_all" | "kinds":
            kind = f", {str(reason.asked).replace('_', ' ')}" if reason.condition == "kinds" else ""
            member = f", for {reason.asked}" if kind == "" and reason.asked not in (None, reason.actor) else ""
            alias = f", named “{reason.alias}”" if reason.alias and reason.alias != reason.actor_name else ""
            return f"{reason.actor_name}{kind}{member}{alias}{quote}{because}"
        case "near":
            return f"{reason.place}, {_km(reason)} from {reason.asked}{quote}{because}"
        case "inside" | "countries" if reason.place:
            return f"{reason.place}, inside {reason.asked}{quote}{because}"
        case "countries":
            return str(reason.because)
        case "sources":
            return f"reported by {reason.outlet}"
        case "languages":
            return f"written in {reason.asked}"
        case _:
            return "the rule takes everything"


def _apart(reason: Reason) -> bool:
    return any(b[0] - a[1] > 1 for a, b in zip(reason.spans, reason.spans[1:], strict=False))


def _km(reason: Reason) -> str:
    return "0 km" if not reason.distance_km else f"{reason.distance_km:.0f} km"


def rule_text(rule: Rule) -> str:
    """In one line what a rule asks for."""
    near = [f"within {one.within_km:g} km of {one.place}" for one in rule.near]
    inside = [f"inside {one.place}" for one in rule.inside]
    parts = [rule.text or "", *rule.actors, *rule.actors_all, *rule.kinds, *near, *inside, *rule.countries]
    return "; ".join(part for part in parts if part) or "everything"


def trial_text(trial: Trial, days: int) -> str:
    """What a rule would have found in the last ``days``: day by day, some of the articles and why, and the sum."""
    most = max((day.articles for day in trial.days), default=1)
    lines = [
        f"{day.day}  {day.articles:>6} articles {day.stories:>5} new stories  "
        + "#" * max(1, round(BAR * day.articles / most))
        for day in trial.days
    ]
    for sample in trial.samples:
        lines += ["", f"{sample.timestamp:%Y-%m-%d %H:%M}  {sample.title}"]
        lines += [f"    - {reason_text(reason)}" for reason in sample.reasons]
    lines += ["", trial_summary(trial, days)]
    if trial.words:
        lines.append("words that do the work: " + ", ".join(f"{word} ({count})" for word, count in trial.words))
    return "\n".join(lines)


def trial_summary(trial: Trial, days: int) -> str:
    """The sum of a trial over the last ``days`` in one line."""
    return (
        f"{trial.articles} articles in {trial.stories} stories met it in {days} days; "
        f"you would have been paged {trial.pages} {'time' if trial.pages == 1 else 'times'}"
    )


def alert_text(alert: Alert) -> str:
    """The alert as plain text: what, where it is told, and why."""
    lines = [f"{_headline(alert)}", alert.title, *([alert.url] if alert.url else []), ""]
    lines += ["Why:"] if alert.reasons else ["The article was taken down; nothing of it is kept here."]
    lines += [f"- {reason_text(reason)}" for reason in alert.reasons]
    lines += ["", _counted(alert), f"article {alert.article_id}, story {alert.story_id}, alert {alert.id}"]
    return "\n".join(lines)


def alert_markdown(alert: Alert) -> str:
    """The same in Markdown, with what the article says escaped."""
    title = markdown_escaped(alert.title)
    url = (alert.url or "").replace("<", "%3C").replace(">", "%3E")
    linked = f"[{title}](<{url}>)" if _link(alert.url) else title
    lines = [f"**{markdown_escaped(_headline(alert))}**", "", linked, ""]
    lines += [f"- {markdown_escaped(reason_text(reason))}" for reason in alert.reasons]
    lines += ["", f"{_counted(alert)}; article `{alert.article_id}`, story `{alert.story_id}`, alert `{alert.id}`"]
    return "\n".join(lines)


def alert_html(alert: Alert) -> str:
    """The same in HTML: nothing of the article is taken for markup, and only http(s) addresses become links."""
    title = escape(alert.title)
    linked = f'<a href="{escape(alert.url or "")}">{title}</a>' if _link(alert.url) else title
    reasons = "".join(f"<li>{escape(reason_text(reason))}</li>" for reason in alert.reasons)
    ids = f"article {escape(alert.article_id)}, story {escape(alert.story_id)}, alert {escape(alert.id)}"
    return (
        f"<p><strong>{escape(_headline(alert))}</strong></p><p>{linked}</p><ul>{reasons}</ul>"
        f"<p>{escape(_counted(alert))}<br>{ids}</p>"
    )


def _headline(alert: Alert) -> str:
    again = {"again": " (true again)", "escalation": " (more outlets)", "correction": " (CORRECTED)"}
    return f"{alert.rule_name}{again.get(alert.occasion or 'first', '')}"


def _counted(alert: Alert) -> str:
    outlets = "1 independent outlet" if alert.outlets == 1 else f"{alert.outlets} independent outlets"
    articles = "1 article" if alert.articles == 1 else f"{alert.articles} articles"
    return f"{articles} of {outlets}" + (f", first seen at {alert.source}" if alert.source else "")


def _link(url: str | None) -> bool:
    return bool(url) and re.match(r"https?://", url or "", re.I) is not None


def markdown_escaped(text: str) -> str:
    """The text with nothing in it that Markdown takes for more than text."""
    return _MARKDOWN.sub(r"\\\1", text)
