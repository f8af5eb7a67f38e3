"""What a channel is told: one alert, or several of one rule as a digest."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import msgspec

from wirewatch.alerts.delivery import Due
from wirewatch.alerts.render import alert_html, alert_markdown, alert_text
from wirewatch.models import Alert


class Message(msgspec.Struct, frozen=True):
    """What is sent: ``id`` is the same each time the same thing is sent; a channel takes the form that it can show."""

    id: str
    title: str
    text: str
    markdown: str
    html: str


def message_of(group: Sequence[Due]) -> Message:
    """The message for what is told together: an alert by itself, more as a digest, oldest first."""
    alerts = [msgspec.structs.replace(due.alert, occasion=due.state.occasion) for due in group]
    if len(group) == 1:
        (alert,) = alerts
        return Message(
            id=group[0].state.digest or alert.notification_id,
            title=f"{alert.rule_name}: {alert.title}",
            text=alert_text(alert),
            markdown=alert_markdown(alert),
            html=alert_html(alert),
        )
    return _digest(str(group[0].state.digest), sorted(alerts, key=lambda alert: (alert.made_at, alert.id)))


def _digest(name: str, alerts: list[Alert]) -> Message:
    head = f"{alerts[0].rule_name}: {len(alerts)} alerts that were held back"
    return Message(
        id=name,
        title=head,
        text="\n\n".join([head, *map(alert_text, alerts)]),
        markdown="\n\n---\n\n".join([f"**{len(alerts)} alerts that were held back**", *map(alert_markdown, alerts)]),
        html=f"<p><strong>{escape(head)}</strong></p>" + "<hr>".join(map(alert_html, alerts)),
    )
