"""One open connection, from the frame after `hello_ack` to its end."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .calls import Consumer, OpenCall
from .control import Control
from .envelope import new_id, now_ms
from .errors import RnpError, connection_lost
from .handshake import Agreement
from .intake import Intake
from .judge import Judge
from .link import Host, Link
from .schemas import MessageType
from .wire import Wire

KEEPALIVE_SECONDS = 60.0
IDLE_SECONDS = 300.0
GOODBYE_MS = 1000


class Connection:
    """What a node does with a connection: ask, send, say goodbye."""

    def __init__(self, wire: Wire, agreement: Agreement, host: Host, expires_at: float) -> None:
        self.link = Link(wire, agreement, host)
        self.peer = wire.peer
        self.agreement = agreement
        self._expires_at = expires_at
        self._judge = Judge(self.link)
        self._control = Control(self.link)
        self._intake = Intake(self.link)

    @property
    def is_usable(self) -> bool:
        return self.link.is_usable

    async def run(self) -> None:
        """Reads until the connection ends."""
        care = asyncio.ensure_future(self._take_care())
        try:
            while not self.link.is_closed:
                await self._receive()
        except RnpError as fault:
            text = f"this side ended the connection: {fault.message}"
            self.link.fault = RnpError("UNAVAILABLE", text, outcome="unknown")
            self.link.sending.tell(fault)
        except (asyncio.IncompleteReadError, OSError):
            pass  # A lost connection, even where TLS ended in order.
        finally:
            care.cancel()
            await self.close()

    async def request(self, kind: str, data: dict[str, Any], timeout_ms: int | None = None) -> dict:
        """Asks, and waits for the answer; raises what it was refused with, or TIMEOUT."""
        known, link = self.check_sendable(kind), self.link
        patience = timeout_ms or known.timeout_ms or 5000
        call = OpenCall(new_id(), known, data, asyncio.get_running_loop().create_future())
        link.calls.add(call)
        try:
            link.sending.ask(call.id, kind, data, patience, lambda: self._never_left(call.id))
            return await asyncio.wait_for(call.answer, patience / 1000)
        except (asyncio.TimeoutError, TimeoutError):
            outcome = "not-delivered" if link.sending.queue.withdraw(call.id) else "unknown"
            raise RnpError("TIMEOUT", f"no answer to {kind} came", outcome=outcome) from None
        except asyncio.CancelledError:
            self._cancel(call.id)
            raise
        finally:
            link.calls.remove(call.id)

    def stream(self, kind: str, data: dict[str, Any], room: int = 64) -> Consumer:
        """Asks for a stream; never more than `room` of its items are held here."""
        known, sending = self.check_sendable(kind), self.link.sending
        consumer = Consumer(new_id(), known, room, self._grant_items, self._cancel)
        self.link.calls.add(consumer)
        sending.ask(consumer.id, kind, data, None, lambda: self._never_left(consumer.id))
        self._grant_items(consumer.id, room)
        return consumer

    async def send(self, kind: str, data: dict[str, Any]) -> None:
        """Sends a message that is promised at-most-once; settles when it has been written."""
        self.check_sendable(kind)
        await self.link.sending.send(kind, data)

    async def ping(self, timeout_ms: int | None = None) -> dict[str, Any]:
        return await self.request("ping", {"timestamp": now_ms()}, timeout_ms)

    async def goodbye(self, reason: str, drain_ms: int = GOODBYE_MS) -> None:
        """Ends the connection in order, at the latest after `drain_ms`."""
        link = self.link
        if link.said_goodbye or link.is_closed:
            return
        for consumer in link.calls.streams():
            consumer.close()
        link.serving.end_streams(RnpError("UNAVAILABLE", f"this side says goodbye: {reason}"))
        link.sending.post("goodbye", {"reason": reason[:256], "drain_ms": drain_ms})
        link.said_goodbye = True
        try:
            await asyncio.wait_for(self._until_drained(), drain_ms / 1000)
        except (asyncio.TimeoutError, TimeoutError):
            pass
        await self.close()

    async def close(self) -> None:
        """Ends everything that is open here; its outcome is unknown, or not delivered."""
        link = self.link
        if not link.is_closed:
            link.is_closed = True
            link.sending.queue.clear()
            link.calls.fail_all(link.fault)
            link.serving.cancel_all()
            link.goodbye_answered.set()
        await link.wire.close()

    async def _receive(self) -> None:
        link = self.link
        incoming = await link.wire.read()
        envelope = incoming.envelope
        link.heard_at = asyncio.get_running_loop().time()
        kind = link.schemas.types.get(envelope.type)
        if kind is not None:
            self._judge.state(incoming, kind)
        cost = self._judge.cost(incoming, kind)
        if kind is None:
            return self._intake.unknown(incoming, cost)
        try:
            data = self._judge.data(incoming, kind)
        except RnpError as fault:
            return self._intake.faulty(incoming, kind, fault, cost)
        if kind.layer == "connection":
            return self._control.handle(envelope, data)
        link.used_at = link.heard_at
        self._intake.take(incoming, kind, data, cost)
        if link.window is None:
            await link.serving.room()  # Without credit, TCP alone holds the sender back.

    async def _until_drained(self) -> None:
        await self.link.goodbye_answered.wait()
        await self.link.serving.idle()
        self.link.sending.flush_acks()

    async def _take_care(self) -> None:
        """Pings a quiet connection, and says goodbye to an idle one and to one whose certificate ends."""
        link, loop = self.link, asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(5.0, max(0.0, self._expires_at - time.time())))
            if time.time() >= self._expires_at:
                return await self.goodbye("certificate expired")
            is_busy = len(link.calls) > 0 or len(link.serving) > 0
            if loop.time() - link.used_at >= IDLE_SECONDS and not is_busy:
                return await self.goodbye("idle")
            if loop.time() - link.heard_at >= KEEPALIVE_SECONDS and link.is_usable:
                link.sending.post("ping", {"timestamp": now_ms()})

    def check_sendable(self, kind: str) -> MessageType:
        """The type, where this side may send it here; raises UNAUTHORIZED or UNAVAILABLE."""
        known, ours = self.link.schemas.type(kind), self.link.host.identity
        if ours.role not in known.senders or self.peer.role not in known.receivers:
            text = f"{kind} does not go from a {ours.role} to a {self.peer.role}"
            raise RnpError("UNAUTHORIZED", text, {"message_type": kind})
        if not self.is_usable:
            raise connection_lost("not-delivered")
        self.link.used_at = asyncio.get_running_loop().time()
        return known

    def _never_left(self, call_id: str) -> None:
        self.link.calls.fail(call_id, connection_lost("not-delivered"))

    def _grant_items(self, call_id: str, count: int) -> None:
        if not self.link.is_closed:
            self.link.sending.post(
                "stream.credit", {"id": call_id, "messages": count}, subject=call_id
            )

    def _cancel(self, call_id: str) -> None:
        """Gives up what was asked. What never left needs no `cancel`."""
        link = self.link
        link.calls.remove(call_id)
        never_left = link.sending.queue.withdraw(call_id)
        if not (never_left or link.is_closed) and "streams" in self.agreement:
            link.sending.post("cancel", {"id": call_id})
