"""What goes out on one connection: encoding, flow control, and acknowledgements in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from . import frame as frames
from .credit import Outgoing, SendQueue
from .envelope import Envelope, Place
from .errors import RnpError, connection_lost
from .handshake import Agreement
from .receiver_channel import ReceiverChannel
from .schemas import Schemas
from .wire import Wire

MAX_OWED_BYTES = 16_777_216
MAX_ACK_IDS = 1024


class Sending:
    """Sends messages of this side. What it sends satisfies its schema, or PROTOCOL_ERROR is raised."""

    def __init__(self, wire: Wire, agreement: Agreement, schemas: Schemas, sender: str) -> None:
        self._wire = wire
        self._schemas = schemas
        self._sender = sender
        self._as_bin = "bin" in agreement
        credit = agreement.peer_window_bytes if "flow" in agreement else None
        self.queue = SendQueue(credit, wire.write)
        self._ids: list[str] = []
        self._channels: dict[str, ReceiverChannel] = {}

    def post(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        message_id: str | None = None,
        reply_to: str | None = None,
        deadline_ms: int | None = None,
        place: Place | None = None,
        flags: int = 0,
        overtakes: bool = False,
        subject: str | None = None,
        on_sent: Callable[[], None] = lambda: None,
        on_withdrawn: Callable[[], None] | None = None,
    ) -> str:
        """Sends a message now, or once there is credit for it; gives its id."""
        known = self._schemas.type(kind)
        fields: dict[str, Any] = {"reply_to": reply_to, "deadline_ms": deadline_ms}
        if message_id is not None:
            fields["id"] = message_id
        written = known.shape.write(data, self._as_bin)
        envelope = Envelope(kind, self._sender, written, delivery=place, **fields)
        frame = self._wire.frame(envelope, flags)
        rules = (known.is_control, overtakes, subject, on_sent, on_withdrawn)
        self.queue.offer(Outgoing(frame, kind, *rules))
        self._check_owed()
        return envelope.id

    def ask(
        self, call_id: str, kind: str, data: dict, deadline_ms: int | None, lost: Callable[[], None]
    ) -> None:
        """A request; `lost` is called where it never leaves."""
        self.post(
            kind,
            data,
            message_id=call_id,
            deadline_ms=deadline_ms,
            subject=call_id,
            on_withdrawn=lost,
        )

    async def send(self, kind: str, data: dict[str, Any]) -> None:
        """A one-way message; settles when it has been written, raises where it never leaves."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.post(kind, data, on_sent=_setter(sent), on_withdrawn=_failer(sent))
        await sent
        await self._wire.drained()

    def answer(self, kind: str, data: dict[str, Any], reply_to: str) -> None:
        """An answer costs, but does not wait: whoever asked made room for it."""
        self.post(kind, data, reply_to=reply_to, overtakes=True)

    def refuse(self, message_id: str, error: RnpError) -> None:
        """An `error` about one message."""
        self.post("error", self._schemas.error_data(error), reply_to=message_id)

    def tell(self, fault: RnpError) -> None:
        """An `error` about the connection, which this side then closes."""
        self.post("error", self._schemas.error_data(fault))

    async def send_item(self, kind: str, data: dict[str, Any], reply_to: str) -> None:
        """One item of a stream; settles when it has been written."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.post(kind, data, reply_to=reply_to, subject=reply_to, on_sent=_setter(sent))
        await sent
        await self._wire.drained()

    def end_stream(self, message_id: str, error: RnpError | None) -> None:
        """Ends a stream behind its items."""
        data: dict[str, Any] = {"id": message_id}
        if error is not None:
            report = self._schemas.error_data(error)
            data["error"] = report
        self.post("stream.end", data, subject=message_id)

    def acknowledge_id(self, message_id: str) -> None:
        self._schedule_acks()
        self._ids.append(message_id)

    def acknowledge_channel(self, channel: ReceiverChannel) -> None:
        self._schedule_acks()
        self._channels[channel.name] = channel

    def flush_acks(self) -> None:
        """Writes what is to be acknowledged: one `ack` for many messages."""
        ids, self._ids = self._ids, []
        channels, self._channels = self._channels, {}
        for start in range(0, len(ids), MAX_ACK_IDS):
            self.post("ack", {"ids": ids[start : start + MAX_ACK_IDS]}, flags=frames.IS_ACK)
        for channel in channels.values():
            self.post("ack", channel.ack(self), flags=frames.IS_ACK)

    def _schedule_acks(self) -> None:
        if not self._ids and not self._channels:
            asyncio.get_running_loop().call_soon(self.flush_acks)

    def _check_owed(self) -> None:
        """Gives up a peer that makes work and never reads what it is owed."""
        if self._wire.waiting_bytes > MAX_OWED_BYTES + frames.MAX_PAYLOAD_BYTES:
            self._wire.abort()


def _setter(future: asyncio.Future[None]) -> Callable[[], None]:
    def settle() -> None:
        if not future.done():
            future.set_result(None)

    return settle


def _failer(future: asyncio.Future[None]) -> Callable[[], None]:
    def fail() -> None:
        if not future.done():
            future.set_exception(connection_lost("not-delivered"))

    return fail
