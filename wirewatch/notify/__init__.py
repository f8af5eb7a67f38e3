"""Channels: where alerts go, by Apprise, which nothing else imports; their addresses are secrets in one file."""

from wirewatch.notify.channels import Channel, add_channel, channels_file, hidden, read_channels, remove_channel
from wirewatch.notify.send import NotSent, send, send_to, warm_up

__all__ = [
    "Channel",
    "NotSent",
    "add_channel",
    "channels_file",
    "hidden",
    "read_channels",
    "remove_channel",
    "send",
    "send_to",
    "warm_up",
]
