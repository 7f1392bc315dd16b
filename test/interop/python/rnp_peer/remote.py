"""One other node: what outlives the connections with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .acks import Inbox
from .by_id import ById
from .channel_line import ChannelLine
from .connection import Connection
from .envelope import new_id
from .errors import RnpError
from .retry import RetryBudget
from .schemas import MessageType, Schemas
from .sender_channel import Pending, SenderChannel

Dial = Callable[[str], Awaitable[Connection]]


class Remote:
    """The connections with one node, and the acknowledged messages in both directions."""

    def __init__(self, node_id: str, schemas: Schemas, boot_epoch: int, dial: Dial) -> None:
        self.node_id = node_id
        self._schemas = schemas
        self._boot_epoch = boot_epoch
        self._dial = dial
        self._connections: list[Connection] = []
        self.inbox = Inbox(schemas)
        self._budget = RetryBudget()
        self._by_id = ById(schemas, self._budget)
        self._lines: dict[str, ChannelLine] = {}

    @property
    def connections(self) -> list[Connection]:
        return list(self._connections)

    def opened(self, connection: Connection) -> None:
        """Those with an earlier life of the node are lost with it, where both tell their life."""
        life = connection.agreement.peer_boot_epoch
        for other in self._connections:
            earlier = other.agreement.peer_boot_epoch
            if life is not None and earlier is not None and earlier < life:
                other.link.wire.abort()
        self._connections.append(connection)

    def closed(self, connection: Connection) -> None:
        self._connections.remove(connection)
        self._by_id.lost(connection)
        for line in self._lines.values():
            line.lost(connection)

    async def connection(self) -> Connection:
        """The newest that is usable, or one that is dialled."""
        for connection in reversed(self._connections):
            if connection.is_usable:
                return connection
        return await self._dial(self.node_id)

    async def deliver(self, kind: str, data: dict[str, Any]) -> None:
        """Sends a message until it is acknowledged; raises why it was not, with its outcome."""
        known = self._schemas.type(kind)
        connection = await self.connection()
        connection.check_sendable(kind)
        known.shape.write(data, as_bin=False)  # A message at fault must not take a place.
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        pending = Pending(known, data, new_id(), settled)
        if "delivery" in connection.agreement:
            await self._line(known).send(pending)
        else:
            await self._by_id.send(pending, self.connection)

    def acknowledged(self, data: dict[str, Any]) -> None:
        self._by_id.acknowledged(data.get("ids", []))
        line = self._lines.get(data.get("channel", ""))
        if line is not None and "epoch" in data:
            line.acknowledged(data)

    def refused(self, message_id: str, error: RnpError) -> None:
        if not self._by_id.refused(message_id, error):
            any(line.refused(message_id, error) for line in self._lines.values())

    def _line(self, kind: MessageType) -> ChannelLine:
        name = kind.pool if kind.is_ordered else f"{kind.pool}.0"
        if name not in self._lines:
            channel = SenderChannel(name, self._boot_epoch)
            self._lines[name] = ChannelLine(channel, self._schemas, self._budget, self.connection)
        return self._lines[name]
