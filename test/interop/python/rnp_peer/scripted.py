"""Handlers that do what they were told: record, answer with an example, refuse, or produce a stream."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from .errors import RnpError
from .load import samples
from .schemas import MessageType, Schemas
from .serving import Call, Handler


@dataclass
class Script:
    """What becomes of the messages of one type."""

    answer: dict[str, Any] | None = None
    """In place of the first example of the answer."""
    items: list[dict[str, Any]] | None = None
    """In place of the examples of the item."""
    repeat: int = 1
    """How often the items are produced."""
    error: dict[str, Any] | None = None
    """What messages are refused with, where given: `code`, `message` and `details`."""
    times: int | None = None
    """How many are refused; without it all."""
    delay_ms: int = 0


@dataclass
class Scripted:
    """The handlers of a node, all types alike: what came is kept in `received`."""

    schemas: Schemas
    received: list[dict[str, Any]] = field(default_factory=list)
    scripts: dict[str, Script] = field(default_factory=dict)
    produced: int = 0
    """How many items of streams have been sent."""

    def handler(self, kind: MessageType) -> Handler:
        return self._producer(kind) if kind.item is not None else self._answerer(kind)

    def _answerer(self, kind: MessageType) -> Handler:
        async def handle(call: Call, data: dict[str, Any]) -> dict[str, Any] | None:
            script = await self._begin(kind, call, data)
            if kind.answer is None:
                return None
            return script.answer or _example_answer(self.schemas, kind, data)

        return handle

    def _own_stream(self, kind: MessageType, call: Call, data: dict) -> AsyncIterator[dict] | None:
        """What a stream is without a script: this peer has a load, and neither files nor instances."""
        if kind.name in self.scripts:
            return None
        if kind.name == "metric.subscribe":
            return samples(call, data)
        raise RnpError("NOT_FOUND", "there is no such thing here")

    def _producer(self, kind: MessageType) -> Handler:
        async def produce(call: Call, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
            script = await self._begin(kind, call, data)
            assert kind.item is not None
            if own := self._own_stream(kind, call, data):
                async for item in own:
                    yield item
                return
            items = script.items or self.schemas.type(kind.item).examples
            for _ in range(script.repeat):
                for item in items:
                    yield item
                    self.produced += 1

        return produce

    async def _begin(self, kind: MessageType, call: Call, data: dict[str, Any]) -> Script:
        entry = {"type": kind.name, "from": call.peer.node_id, "data": data}
        self.received.append({**entry, "id": call.envelope.id, "meta": call.envelope.meta})
        script = self.scripts.get(kind.name, Script())
        await asyncio.sleep(script.delay_ms / 1000)
        if script.error is not None and script.times != 0:
            if script.times is not None:
                script.times -= 1
            raise RnpError(**script.error)
        return script


def _example_answer(schemas: Schemas, kind: MessageType, data: dict[str, Any]) -> dict[str, Any]:
    """The first example of the answer, with the natural key of the request."""
    assert kind.answer is not None
    answer = copy.deepcopy(schemas.type(kind.answer).examples[0])
    answer.update({theirs: data[ours] for ours, theirs in kind.match.items()})
    return answer
