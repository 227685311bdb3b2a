"""A real mail server for tests, and what workers do with mails that wait."""

from __future__ import annotations

import socket

from tryon.pipeline import recovery
from tryon.pipeline.notifications import mails


class Inbox:
    """What a mail server was given; `answers` are its next words to a recipient."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.answers: list[str] = []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        self.messages.append(envelope.content.decode())
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def deliver() -> None:
    """What a worker does with the messages of a sweep."""
    for message in recovery.sweep():
        if message.task == "send_mail":
            mails.send(message.id)
