"""The parts of one open connection, which the modules around it work on."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from .acks import Inbox
from .calls import OpenCalls
from .credit import ReceiveWindow
from .errors import RnpError, connection_lost
from .handshake import Agreement
from .identity import Identity
from .schemas import Schemas
from .sending import Sending
from .serving import Handler, Serving
from .wire import Wire


class Host(Protocol):
    """What a connection needs of its node."""

    schemas: Schemas
    identity: Identity
    window_bytes: int

    def handler(self, kind: str) -> Handler | None: ...

    def inbox(self, node_id: str) -> Inbox: ...

    def acknowledged(self, node_id: str, data: dict[str, Any]) -> None:
        """An `ack` came; raises PROTOCOL_ERROR for one of what was never sent."""

    def refused(self, node_id: str, message_id: str, error: RnpError) -> None:
        """An `error` came about a message that may have been sent to be acknowledged."""


class Link:
    """What is agreed, open and under way on one connection."""

    def __init__(self, wire: Wire, agreement: Agreement, host: Host) -> None:
        self.wire = wire
        self.peer = wire.peer
        self.agreement = agreement
        self.host = host
        self.schemas = host.schemas
        wire.compresses = "lz4" in agreement
        self.sending = Sending(wire, agreement, host.schemas, host.identity.node_id)
        self.calls = OpenCalls()
        self.serving = Serving(self.peer, self.sending)
        has_credit = "flow" in agreement
        self.window = ReceiveWindow(host.window_bytes, self._grant) if has_credit else None
        self.opened_at = self.heard_at = self.used_at = asyncio.get_running_loop().time()
        self.said_goodbye = False
        self.heard_goodbye = False
        self.goodbye_answered = asyncio.Event()
        self.farewell: asyncio.Task[None] | None = None
        """Answers the goodbye of the other side."""
        self.is_closed = False
        self.fault: RnpError = connection_lost("unknown")
        """What the requests on it end with when it closes."""
        self.dropped = 0
        """How many messages came that nobody waited for, or that were faulty."""

    @property
    def is_usable(self) -> bool:
        """Whether new messages may be sent on it."""
        return not (self.is_closed or self.said_goodbye or self.heard_goodbye)

    def settle(self, cost: int) -> None:
        """A message that came is done with; its credit may return."""
        if cost and self.window is not None and not self.is_closed:
            self.window.settled(cost)

    def _grant(self, count: int) -> None:
        self.sending.post("window.update", {"bytes": count})
