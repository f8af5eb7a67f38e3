"""Mail with a Message-ID of our own, so that a message that is sent twice is one message to whoever receives it."""

from __future__ import annotations

import smtplib
from email import message_from_string
from typing import Any

from apprise.exception import AppriseException
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.email.smtp import AppriseSMTPController

DOMAIN = "wirewatch.invalid"
"""The right side of our Message-IDs; RFC 2606 keeps it from being anybody's."""


def message_id(notification_id: str) -> str:
    """The Message-ID (RFC 5322, section 3.6.4) of the mail that carries this notification."""
    return f"<{notification_id}@{DOMAIN}>"


def send_mail(mail: NotifyEmail, subject: str, body: str, notification_id: str) -> bool:
    """Send by Apprise's settings, messages and connection, under our Message-ID; whether every receiver's was taken."""
    made = NotifyEmail.prepare_emails(
        subject=subject,
        body=body,
        notify_format=mail.notify_format,
        from_addr=mail.from_addr,
        to=mail.targets,
        cc=mail.cc,
        bcc=mail.bcc,
        reply_to=mail.reply_to,
        smtp_host=mail.smtp_host,
        headers={"X-Application": mail.app_id, "X-Wirewatch-Notification": notification_id, **mail.headers},
        names=mail.names,
        tzinfo=mail.tzinfo,
    )
    options: dict[str, Any] = {
        "host": mail.smtp_host,
        "port": mail.port,
        "secure_mode": mail.secure_mode,
        "user": mail.user,
        "password": mail.password,
        "verify_certificate": mail.verify_certificate,
        "socket_connect_timeout": mail.socket_connect_timeout,
    }
    try:
        with AppriseSMTPController(**options) as smtp:
            taken = [
                smtp.sendmail(str(mail.from_addr[1]), each.to_addrs, _with_id(str(each.body), notification_id))
                for each in made
            ]
    except (OSError, smtplib.SMTPException, RuntimeError, AppriseException):
        return False
    return all(taken)


def _with_id(message: str, notification_id: str) -> str:
    parsed = message_from_string(message)
    parsed.replace_header("Message-ID", message_id(notification_id))
    return parsed.as_string()
