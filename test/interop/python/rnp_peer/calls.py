"""What this side has asked on a connection: requests and the streams that it reads (sections 8 and 13)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .envelope import Envelope
from .errors import RnpError, protocol_error
from .schemas import MessageType


@dataclass
class OpenCall:
    """A request that waits for its answer."""

    id: str
    type: MessageType
    data: dict[str, Any]
    answer: asyncio.Future[dict[str, Any]] = field(repr=False)


class Consumer:
    """A stream that this side reads: an iterator over its items.

    It grants credit for `room` items at once, and again as half of them are consumed. So it never holds
    more than `room`.
    """

    def __init__(
        self,
        call_id: str,
        kind: MessageType,
        room: int,
        grant: Callable[[str, int], None],
        cancel: Callable[[str], None],
    ) -> None:
        self.id = call_id
        self.type = kind
        self._room = room
        self._consumed = 0
        self._credit = room
        self._items: asyncio.Queue[dict[str, Any] | RnpError | None] = asyncio.Queue()
        self.is_over = False
        self.most_held = 0
        """For tests: how many items were here at once."""
        self._grant = grant
        self._cancel = cancel

    def arrived(self, item: dict[str, Any]) -> None:
        """An item came; raises FLOW_CONTROL_ERROR where no credit was granted for it."""
        if self._credit == 0:
            facts = {"message_type": self.type.item}
            raise RnpError("FLOW_CONTROL_ERROR", f"{self.type.item} came without credit", facts)
        self._credit -= 1
        self._items.put_nowait(item)
        self.most_held = max(self.most_held, self._items.qsize())

    def ended(self, error: RnpError | None) -> None:
        """Behind what has come: complete, or failed."""
        self._items.put_nowait(error)
        self.is_over = True

    def __aiter__(self) -> Consumer:
        return self

    async def __anext__(self) -> dict[str, Any]:
        item = await self._items.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, RnpError):
            raise item
        self._consumed += 1
        if self._consumed * 2 >= self._room and not self.is_over:
            count, self._consumed = self._consumed, 0
            self._credit += count
            self._grant(self.id, count)
        return item

    def close(self) -> None:
        """Gives the stream up where it has not ended."""
        if not self.is_over:
            self.is_over = True
            self._cancel(self.id)


class OpenCalls:
    """The requests and streams of this side that are open on one connection."""

    def __init__(self) -> None:
        self._calls: dict[str, OpenCall] = {}
        self._streams: dict[str, Consumer] = {}

    def __len__(self) -> int:
        return len(self._calls) + len(self._streams)

    async def none_open(self) -> None:
        """Settles when nothing is waited for any more."""
        while len(self) > 0:
            await asyncio.sleep(0.01)

    def add(self, call: OpenCall | Consumer) -> None:
        if isinstance(call, Consumer):
            self._streams[call.id] = call
        else:
            self._calls[call.id] = call

    def remove(self, call_id: str) -> None:
        self._calls.pop(call_id, None)
        self._streams.pop(call_id, None)

    def asked(self, envelope: Envelope, data: dict[str, Any]) -> OpenCall | None:
        """The open request that a message answers: by `reply_to`, else the oldest by its natural key."""
        if envelope.reply_to is not None:
            call = self._calls.get(envelope.reply_to)
            return call if call and call.type.answer == envelope.type else None
        return next((call for call in self._calls.values() if _agrees(call, envelope, data)), None)

    def answered(self, envelope: Envelope, data: dict[str, Any]) -> bool:
        """Hands an answer to whoever waits for it; whether anybody does."""
        call = self.asked(envelope, data)
        if call is None or call.answer.done():
            return self._misanswered(envelope)
        del self._calls[call.id]
        call.answer.set_result(data)
        return True

    def _misanswered(self, envelope: Envelope) -> bool:
        """What answers with another type than was asked for is a fault of whoever was asked."""
        asked = envelope.reply_to or ""
        call, stream = self._calls.get(asked), self._streams.get(asked)
        if call is None and stream is None:
            return False
        expected = call.type.answer if call else stream.type.item if stream else None
        self.spoilt(asked, _mistyped(expected, envelope))
        return True

    def item(self, envelope: Envelope, data: dict[str, Any]) -> bool:
        """Hands an item to its consumer; whether there is one."""
        stream = self._streams.get(envelope.reply_to or "")
        if stream is None or stream.type.item != envelope.type:
            return self._misanswered(envelope)
        stream.arrived(data)
        return True

    def ended(self, call_id: str, error: RnpError | None) -> None:
        """The producer ended a stream; one that is over already is not ended again."""
        if stream := self._streams.pop(call_id, None):
            stream.ended(error)

    def spoilt(self, call_id: str, fault: RnpError) -> None:
        """An answer or an item broke its schema. A stream with a gap is cancelled."""
        stream = self._streams.get(call_id)
        if stream is not None:
            stream.close()
            stream.ended(fault)
        else:
            self.fail(call_id, fault)

    def fail(self, call_id: str, error: RnpError) -> bool:
        """Ends a request or a stream with an error; whether there was one."""
        call, stream = self._calls.pop(call_id, None), self._streams.pop(call_id, None)
        if call is not None and not call.answer.done():
            call.answer.set_exception(error)
        if stream is not None:
            stream.ended(error)
        return call is not None or stream is not None

    def fail_all(self, error: RnpError) -> None:
        for call_id in [*self._calls, *self._streams]:
            self.fail(call_id, error)

    def streams(self) -> Iterable[Consumer]:
        return list(self._streams.values())


def _mistyped(expected: str | None, envelope: Envelope) -> RnpError:
    got = envelope.type
    return protocol_error(
        f"expected {expected}, got {got}", message_type=got, expected=expected, got=got
    )


def _agrees(call: OpenCall, envelope: Envelope, data: dict[str, Any]) -> bool:
    match = call.type.match
    return (
        call.type.answer == envelope.type
        and bool(match)
        and all(call.data.get(ours) == data.get(theirs) for ours, theirs in match.items())
    )
