"""What the other side has asked on a connection: handlers at work and streams that they produce."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .acks import Ticket
from .envelope import Envelope
from .errors import RnpError
from .identity import Identity
from .schemas import MessageType

MAX_STREAMS = 4096
MAX_STREAM_CREDIT = 2_147_483_647
MAX_MESSAGES = 1024


@dataclass(frozen=True)
class Call:
    """What a handler is told of the message that it handles, beside its data."""

    peer: Identity
    envelope: Envelope


Handler = Callable[[Call, dict[str, Any]], "Awaitable[dict[str, Any] | None] | AsyncIterator[dict]"]

Work = Callable[[], Awaitable[None]]


class Replying(Protocol):
    """What handlers need of their connection."""

    def answer(self, kind: str, data: dict[str, Any], reply_to: str) -> None: ...
    def refuse(self, message_id: str, error: RnpError) -> None: ...
    async def send_item(self, kind: str, data: dict[str, Any], reply_to: str) -> None: ...
    def end_stream(self, message_id: str, error: RnpError | None) -> None: ...


class Serving:
    """The handlers of one connection."""

    def __init__(self, peer: Identity, replying: Replying) -> None:
        self._peer = peer
        self._replying = replying
        self._tasks: set[asyncio.Task[None]] = set()
        self._requests: dict[str, asyncio.Task[None]] = {}
        self._credits: dict[str, _StreamCredit] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._tasks)

    async def idle(self) -> None:
        """Settles when no handler is at work."""
        await self._idle.wait()

    def request(
        self, handler: Handler, envelope: Envelope, kind: MessageType, data: dict[str, Any]
    ) -> asyncio.Task[None]:
        """Answers a request. A deadline of 0 has passed already."""
        deadline = None if envelope.deadline_ms is None else envelope.deadline_ms / 1000
        if kind.item is not None:
            self._credits[envelope.id] = _StreamCredit()
            item = kind.item
            task = self._start(lambda: self._produce(handler, envelope, item, data), deadline)
        else:
            task = self._start(lambda: self._answer(handler, envelope, kind, data), deadline)
        self._requests[envelope.id] = task
        task.add_done_callback(lambda _: self._forget(envelope.id))
        return task

    def message(
        self, handler: Handler, envelope: Envelope, data: dict[str, Any]
    ) -> asyncio.Task[None]:
        """Handles a message that asks nothing."""
        return self._start(lambda: self._handle(handler, envelope, data))

    def acknowledged(
        self, handler: Handler, envelope: Envelope, data: dict[str, Any], ticket: Ticket
    ) -> asyncio.Task[None]:
        """Handles a message when its turn comes, and tells `ticket` how that ended."""
        return self._start(lambda: self._acknowledge(handler, envelope, data, ticket))

    @property
    def bears_another_message(self) -> bool:
        return len(self._tasks) < MAX_MESSAGES

    async def room(self) -> None:
        """Settles when handlers have come to an end in number."""
        while not self.bears_another_message:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    @property
    def bears_another_stream(self) -> bool:
        return len(self._credits) < MAX_STREAMS

    def grant(self, message_id: str, count: int) -> None:
        """Credit for a stream; for one that is over it is dropped."""
        if message_id in self._credits:
            self._credits[message_id].add(count)

    def cancel(self, message_id: str) -> None:
        """The other side wants no answer any more: nothing more is sent about it."""
        if task := self._requests.get(message_id):
            task.cancel()

    def cancel_all(self) -> None:
        """The connection is lost. What is acknowledged goes on: its ack goes out on another one."""
        for message_id in list(self._requests):
            self.cancel(message_id)

    def end_streams(self, error: RnpError) -> None:
        """Ends all streams that are produced here, so that their consumers ask elsewhere."""
        for message_id in list(self._credits):
            self.cancel(message_id)
            self._replying.end_stream(message_id, error)

    def _start(self, work: Work, deadline_seconds: float | None = None) -> asyncio.Task[None]:
        task = asyncio.ensure_future(_quietly(work, deadline_seconds))
        self._tasks.add(task)
        self._idle.clear()
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._idle.set()

    def _forget(self, message_id: str) -> None:
        self._requests.pop(message_id, None)
        self._credits.pop(message_id, None)

    async def _answer(
        self, handler: Handler, envelope: Envelope, kind: MessageType, data: dict[str, Any]
    ) -> None:
        assert kind.answer is not None
        try:
            answer = await _result(handler, Call(self._peer, envelope), data)
            self._replying.answer(kind.answer, answer or {}, envelope.id)
        except Exception as thrown:
            self._replying.refuse(envelope.id, _as_error(thrown))

    async def _produce(
        self, handler: Handler, envelope: Envelope, item: str, data: dict[str, Any]
    ) -> None:
        credit = self._credits[envelope.id]
        is_begun = False
        try:
            async for produced in handler(Call(self._peer, envelope), data):  # type: ignore[union-attr]
                await credit.take()
                await self._replying.send_item(item, produced, envelope.id)
                is_begun = True
        except Exception as thrown:
            end = self._replying.end_stream if is_begun else self._replying.refuse
            end(envelope.id, _as_error(thrown))
        else:
            self._replying.end_stream(envelope.id, None)

    async def _handle(self, handler: Handler, envelope: Envelope, data: dict[str, Any]) -> None:
        await _result(handler, Call(self._peer, envelope), data)

    async def _acknowledge(
        self, handler: Handler, envelope: Envelope, data: dict[str, Any], ticket: Ticket
    ) -> None:
        if not await ticket.turn():
            return
        try:
            await _result(handler, Call(self._peer, envelope), data)
        except Exception as thrown:
            ticket.refused(_as_error(thrown))
        else:
            ticket.handled()


class _StreamCredit:
    """How many items more may be sent."""

    def __init__(self) -> None:
        self._left = 0
        self._more = asyncio.Event()

    def add(self, count: int) -> None:
        if self._left + count > MAX_STREAM_CREDIT:
            facts = {"message_type": "stream.credit"}
            raise RnpError("FLOW_CONTROL_ERROR", "no stream bears that much credit", facts)
        self._left += count
        self._more.set()

    async def take(self) -> None:
        while self._left == 0:
            self._more.clear()
            await self._more.wait()
        self._left -= 1


async def _result(handler: Handler, call: Call, data: dict[str, Any]) -> dict[str, Any] | None:
    result = handler(call, data)
    return await result if inspect.isawaitable(result) else None


async def _quietly(work: Work, deadline_seconds: float | None) -> None:
    """Handlers that nobody waits for fail alone: a deadline that passed, a message nobody acknowledges."""
    try:
        await asyncio.wait_for(work(), deadline_seconds)
    except (asyncio.TimeoutError, TimeoutError, RnpError):
        pass


def _as_error(thrown: Exception) -> RnpError:
    if isinstance(thrown, RnpError):
        return thrown
    return RnpError("INTERNAL_ERROR", f"the handler failed: {type(thrown).__name__}")
