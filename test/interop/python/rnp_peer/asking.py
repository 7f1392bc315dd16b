"""What the application of a client does in the published cases (SPEC.md, section 20)."""

from __future__ import annotations

import asyncio

from .connection import Connection
from .errors import RnpError
from .node import Node

GOODBYE_MS = 1000
SLOW_ROOM = 2
"""Items are consumed one a second, and those that are here still count after the connection has ended."""
FILE = {
    "path": "/a",
    "size": 0,
    "checksum": "sha256:" + "0" * 64,
    "chunks": 1,
    "replication_factor": 1,
}


async def ask(node: Node, address: str, what: str) -> str:
    """Dials, does `what` once, and gives what its application was told: `answer`, or a code."""
    try:
        connection = await node.dial(address)
        await _do(node, connection, what)
    except RnpError as error:
        return error.code
    return "answer"


async def ended(node: Node) -> None:
    """Settles when no connection is open any more."""
    while node.connections():
        await asyncio.sleep(0.01)


async def _do(node: Node, connection: Connection, what: str) -> None:
    if what == "ping":
        await connection.ping()
    elif what == "sync.request":
        await connection.request("sync.request", {})
    elif what == "fs.write":
        await node.send(connection.peer.node_id, "fs.write", FILE)
    elif what == "metric.subscribe":
        async for _ in connection.stream("metric.subscribe", {}, SLOW_ROOM):
            await asyncio.sleep(1)
    elif what == "goodbye":
        await connection.goodbye("shutdown", GOODBYE_MS)
