"""One message to one channel."""

from __future__ import annotations

import logging
from typing import Any

import apprise
from apprise.plugins.email.base import NotifyEmail

from wirewatch.alerts.message import Message
from wirewatch.errors import WirewatchError
from wirewatch.notify.channels import Channel, read_channels
from wirewatch.notify.mail import send_mail
from wirewatch.settings import Settings

TIMEOUT_S = 10.0
"""So long a receiver may take to connect, and so long to answer."""

HEADER = "X-Wirewatch-Notification"
"""The header of a webhook that carries the notification's id, which a receiver may drop when it comes again."""

# Their lines name addresses with all that is secret in them; what matters is in NotSent.
logging.getLogger("apprise").propagate = False
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class NotSent(WirewatchError):
    """A channel did not take a message; the line says why, without the channel's address."""


def send_to(settings: Settings, name: str, message: Message) -> None:
    """Hand ``message`` to the channel of that name; raises NotSent where there is none, and what `send` does."""
    channel = read_channels(settings).get(name)
    if channel is None:
        raise NotSent(f"there is no channel {name}; `wirewatch alerts channel add` makes it")
    send(channel, message)


def send(channel: Channel, message: Message) -> None:
    """Hand ``message`` to the channel; returns when it was taken, raises NotSent when not."""
    service: Any = apprise.Apprise.instantiate(channel.url)
    if service is None:
        raise NotSent(f"channel {channel.name}: its address is not one that Apprise understands")
    service.socket_connect_timeout = service.socket_read_timeout = TIMEOUT_S
    with apprise.LogCapture(level=logging.INFO) as log:  # type: ignore[no-untyped-call]  # its stubs lack it
        try:
            taken = _hand_over(service, message)
        except Exception as error:  # some of Apprise's hundred services raise what they meet
            raise NotSent(f"channel {channel.name}: {_harmless(str(error) or type(error).__name__, service)}") from None
        said = log.getvalue()
    if not taken:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        raise NotSent(f"channel {channel.name}: {_harmless(lines[-1] if lines else 'it was not taken', service)}")


def warm_up() -> None:
    """Let Apprise load its services now, which takes seconds, and not with the first message."""
    apprise.Apprise.instantiate("json://localhost")


def _hand_over(service: Any, message: Message) -> bool:
    if isinstance(service, NotifyEmail):
        html = str(getattr(service.notify_format, "value", service.notify_format)) == "html"
        return send_mail(service, message.title, message.html if html else message.text, message.id)
    if isinstance(getattr(service, "headers", None), dict):
        service.headers[HEADER] = message.id
    shown = {"html": message.html, "markdown": message.markdown}
    form = str(getattr(service.notify_format, "value", service.notify_format))
    return bool(
        service.notify(
            title=message.title,
            body=shown.get(form, message.text),
            body_format=form if form in shown else "text",
        )
    )


def _harmless(said: str, service: Any) -> str:
    """One line in which nothing of the address is left that opens something."""
    line = " ".join(said.rpartition(" - ")[2].split())[:300]
    for name in ("password", "user", "token", "fullpath", "apikey", "secret"):
        value = getattr(service, name, None)
        if isinstance(value, str) and len(value) > 2:
            line = line.replace(value, "***")
    return line
