"""A node that does what is written to its standard input: one JSON object a line, and one as its answer."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from .errors import RnpError
from .gossip import Gossip
from .node import Node
from .scripted import Script, Scripted

# How many items of a stream an answer shows.
MAX_SHOWN = 100


class Driver:
    """The commands, by the word in `do`."""

    def __init__(self, node: Node, scripted: Scripted, gossip: Gossip | None) -> None:
        self._node = node
        self._scripted = scripted
        self._gossip = gossip

    async def run(self, lines: asyncio.StreamReader) -> None:
        """Carries out commands, several at once, until the input ends."""
        running: set[asyncio.Task[None]] = set()
        while line := await lines.readline():
            task = asyncio.ensure_future(self._answer(json.loads(line)))
            running.add(task)
            task.add_done_callback(running.discard)

    async def _answer(self, command: dict[str, Any]) -> None:
        number, word = command.pop("id"), command.pop("do")
        try:
            say({"id": number, "ok": await getattr(self, f"_do_{word}")(**command)})
        except RnpError as error:
            fields = ("code", "message", "details", "outcome")
            say({"id": number, "error": {name: getattr(error, name) for name in fields}})
        except Exception as thrown:
            say({"id": number, "error": {"code": "DRIVER", "message": repr(thrown)}})

    async def _do_dial(self, address: str, expected: str | None = None) -> dict[str, Any]:
        connection = await self._node.dial(address, expected)
        peer = connection.peer
        self._node.addresses[peer.node_id] = address
        capabilities = sorted(connection.agreement.capabilities)
        return {"peer": peer.node_id, "role": peer.role, "capabilities": capabilities}

    async def _do_request(
        self, to: str, type: str, data: dict[str, Any], timeout_ms: int | None = None
    ) -> dict[str, Any]:
        return await self._node.request(to, type, data, timeout_ms)

    async def _do_send(self, to: str, type: str, data: dict[str, Any]) -> None:
        await self._node.send(to, type, data)

    async def _do_stream(
        self, to: str, type: str, data: dict[str, Any], room: int = 64, take: int | None = None
    ) -> dict[str, Any]:
        """Reads a stream to its end, or its first `take` items and cancels."""
        consumer = await self._node.stream(to, type, data, room)
        items: list[dict[str, Any]] = []
        if take != 0:
            async for item in consumer:
                items.append(item)
                if len(items) == take:
                    break
        consumer.close()
        most_held = consumer.most_held
        return {"count": len(items), "items": items[:MAX_SHOWN], "most_held": most_held}

    async def _do_script(self, type: str, **fields: Any) -> None:
        self._scripted.scripts[self._node.schemas.type(type).name] = Script(**fields)

    async def _do_received(self) -> list[dict[str, Any]]:
        return self._scripted.received

    async def _do_forget(self) -> None:
        self._scripted.received.clear()

    async def _do_produced(self) -> int:
        return self._scripted.produced

    async def _do_members(self) -> list[dict[str, Any]]:
        return [] if self._gossip is None else [each.to_map() for each in self._gossip.members]

    async def _do_connections(self) -> list[dict[str, Any]]:
        return [
            {
                "peer": each.peer.node_id,
                "is_usable": each.is_usable,
                "credit_bytes": each.link.sending.queue.credit_bytes,
                "sent_compressed": each.link.wire.sent_compressed,
                "received_compressed": each.link.wire.received_compressed,
                "dropped": each.link.dropped,
                "fault": each.link.fault.code,
            }
            for each in self._node.connections()
        ]

    async def _do_goodbye(self, to: str, drain_ms: int = 2000) -> None:
        connections = self._node.remote(to).connections
        await asyncio.gather(*(each.goodbye("shutdown", drain_ms) for each in connections))

    async def _do_cut(self, to: str) -> None:
        """Drops the connections with a node without a word."""
        for each in self._node.remote(to).connections:
            each.link.wire.abort()


def say(value: dict[str, Any]) -> None:
    """Writes one line; bytes as base64."""
    print(json.dumps(value, default=_as_text), flush=True)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no JSON for {type(value).__name__}")


async def standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=64 * 1_048_576)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader
