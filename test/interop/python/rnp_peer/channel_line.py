"""A channel at work: on which connection it is, what goes out on it, and again (SPEC.md, section 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from . import frame as frames
from .connection import Connection
from .errors import RnpError, connection_lost
from .retry import MAX_ATTEMPTS, RetryBudget, delay_seconds, final_outcome
from .schemas import Schemas
from .sender_channel import Pending, SenderChannel


class ChannelLine:
    """Sends the messages of one channel, on one connection at a time."""

    def __init__(
        self,
        channel: SenderChannel,
        schemas: Schemas,
        budget: RetryBudget,
        connect: Callable[[], Awaitable[Connection]],
    ) -> None:
        self._channel = channel
        self._schemas = schemas
        self._budget = budget
        self._connect = connect
        self._connection: Connection | None = None
        self._attaching: asyncio.Task[None] | None = None
        self._is_paused = False
        self._touched_at = float("-inf")
        self._room = asyncio.Condition()

    async def send(self, pending: Pending) -> None:
        """Settles with the ack; raises the final error, or what it was given up with."""
        async with self._room:
            await self._room.wait_for(lambda: self._channel.has_room)
        self._channel.add(pending)
        if self._connection is None or not self._connection.is_usable:
            self._attach_soon()
        elif not self._is_paused:
            self._write(pending)
        try:
            await pending.settled
        finally:
            async with self._room:
                self._room.notify_all()

    def acknowledged(self, data: dict[str, Any]) -> None:
        self._touched_at = asyncio.get_running_loop().time()
        self._settle(self._channel.acked(data))

    def refused(self, message_id: str, error: RnpError) -> bool:
        """An error about one of the messages; whether it is one of this channel."""
        pending = self._channel.with_id(message_id)
        if pending is None:
            return False
        self._touched_at = asyncio.get_running_loop().time()
        if error.code == "SESSION_LOST":
            self._channel.begin_anew(self._channel.epoch)
            self._write_all()
        elif self._schemas.is_retryable(error.code):
            self._refused_for_now(pending, error)
        else:
            del self._channel.unsettled[pending.seq]
            pending.settled.set_exception(final_outcome(error))
        return True

    def lost(self, connection: Connection) -> None:
        if connection is self._connection:
            self._connection = None
            if self._channel.unsettled:
                self._budget.failed()
                self._attach_soon()

    def _refused_for_now(self, pending: Pending, error: RnpError) -> None:
        """The receiver drops what is ordered behind it, so all of that waits and is sent again."""
        self._budget.failed()
        if pending.attempts >= MAX_ATTEMPTS or not self._budget.allows:
            self._give_up(pending, error.with_outcome("rejected"))
        self._is_paused = self._is_paused or pending.type.is_ordered
        delay = delay_seconds(pending.attempts, error)
        asyncio.get_running_loop().call_later(delay, self._try_again, pending)

    def _try_again(self, pending: Pending) -> None:
        if pending.type.is_ordered:
            self._is_paused = False
            self._write_all(pending.seq)
        elif pending.seq in self._channel.unsettled and self._is_attached():
            self._write(pending)

    def _is_attached(self) -> bool:
        return self._connection is not None and self._connection.is_usable

    def _attach_soon(self) -> None:
        if self._attaching is None:
            self._attaching = asyncio.ensure_future(self._attach())

    async def _attach(self) -> None:
        """Goes on on another connection: what is unsettled is sent again, before anything new."""
        try:
            connection = await self._connect()
        except RnpError as error:
            for pending in list(self._channel.unsettled.values()):
                self._give_up(pending, error)
            return
        finally:
            self._attaching = None
        self._connection, self._is_paused = connection, False
        # A connection that was open before the last news of the channel knows less than this side.
        if connection.link.opened_at >= self._touched_at:
            told = connection.agreement.peer_channels.get(self._channel.name)
            boot_epoch = connection.agreement.peer_boot_epoch
            self._settle(self._channel.resume(told, boot_epoch))
        self._write_all()

    def _write_all(self, since: int = 1) -> None:
        if self._is_attached():
            for seq in sorted(self._channel.unsettled):
                if seq >= since:
                    self._write(self._channel.unsettled[seq])

    def _write(self, pending: Pending) -> None:
        """Sends a message, in its place. One that was tried too often is given up instead."""
        assert self._connection is not None
        if pending.attempts >= MAX_ATTEMPTS:
            return self._give_up(pending, connection_lost("unknown"))
        pending.attempts += 1
        self._touched_at = asyncio.get_running_loop().time()
        self._connection.link.sending.post(
            pending.type.name,
            pending.data,
            message_id=pending.id,
            place=self._channel.place(pending),
            flags=frames.REQUIRES_ACK,
            # Withdrawn with its connection, it stays unsettled and goes out on the next one.
            on_withdrawn=lambda: None,
        )

    def _give_up(self, pending: Pending, error: RnpError) -> None:
        outcome = error.outcome if pending.attempts else "not-delivered"
        self._channel.give_up(pending)
        if not pending.settled.done():
            pending.settled.set_exception(error.with_outcome(outcome or "unknown"))

    def _settle(self, pendings: list[Pending]) -> None:
        for pending in pendings:
            self._budget.succeeded()
            if not pending.settled.done():
                pending.settled.set_result(None)
