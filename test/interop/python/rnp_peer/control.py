"""The messages of the connection layer, which the connection handles itself."""

from __future__ import annotations

import asyncio
from typing import Any

from .envelope import Envelope, now_ms
from .link import Link

DRAIN_MS = 5000
"""How long a goodbye that names no time may take."""


class Control:
    """Does at once what a message of the connection layer asks for."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._actions = {
            "ping": self._ping,
            "pong": self._pong,
            "ack": self._ack,
            "error": self._error,
            "cancel": self._cancel,
            "stream.credit": self._credit,
            "stream.end": self._end,
            "window.update": self._window,
            "goodbye": self._goodbye,
            "goodbye_ack": self._goodbye_ack,
        }

    def handle(self, envelope: Envelope, data: dict[str, Any]) -> None:
        self._actions[envelope.type](envelope, data)

    def _ping(self, envelope: Envelope, data: dict[str, Any]) -> None:
        answer = {"request_timestamp": data["timestamp"], "response_timestamp": now_ms()}
        self._link.sending.answer("pong", answer, envelope.id)

    def _pong(self, envelope: Envelope, data: dict[str, Any]) -> None:
        if not self._link.calls.answered(envelope, data):
            self._link.dropped += 1

    def _ack(self, envelope: Envelope, data: dict[str, Any]) -> None:
        self._link.host.acknowledged(self._link.peer.node_id, data)

    def _error(self, envelope: Envelope, data: dict[str, Any]) -> None:
        """One about the connection is remembered: whoever sent it closes."""
        link = self._link
        if envelope.reply_to is None:
            link.fault = link.schemas.error_from(data, "unknown")
            return
        error = link.schemas.error_from(data, "rejected")
        if not link.calls.fail(envelope.reply_to, error):
            link.host.refused(link.peer.node_id, envelope.reply_to, error)

    def _cancel(self, _: Envelope, data: dict[str, Any]) -> None:
        self._link.serving.cancel(data["id"])
        self._link.sending.queue.withdraw(data["id"])

    def _credit(self, _: Envelope, data: dict[str, Any]) -> None:
        self._link.serving.grant(data["id"], data["messages"])

    def _end(self, _: Envelope, data: dict[str, Any]) -> None:
        link = self._link
        report = data.get("error")
        error = link.schemas.error_from(report, "unknown") if report else None
        link.calls.ended(data["id"], error)

    def _window(self, _: Envelope, data: dict[str, Any]) -> None:
        self._link.sending.queue.grant(data["bytes"])

    def _goodbye(self, _: Envelope, data: dict[str, Any]) -> None:
        """Nothing new is sent any more. The connection ends when nothing is in flight, or in time."""
        link = self._link
        if link.heard_goodbye:
            return
        link.heard_goodbye = True
        link.sending.queue.withdraw_new()
        patience = data.get("drain_ms", DRAIN_MS) / 1000
        link.farewell = asyncio.ensure_future(self._answer_goodbye(patience))

    async def _answer_goodbye(self, patience: float) -> None:
        link = self._link
        try:
            if not self._is_idle():
                await asyncio.wait_for(self._until_idle(), patience)
            link.sending.flush_acks()
            link.sending.post("goodbye_ack", {})
        except (asyncio.TimeoutError, TimeoutError):
            pass
        if not link.said_goodbye:
            await link.wire.close()

    def _is_idle(self) -> bool:
        link = self._link
        return len(link.serving) == len(link.calls) == len(link.sending.queue) == 0

    async def _until_idle(self) -> None:
        link = self._link
        await link.serving.idle()
        await link.calls.none_open()
        await link.sending.queue.empty()

    def _goodbye_ack(self, _: Envelope, __: dict[str, Any]) -> None:
        self._link.goodbye_answered.set()
