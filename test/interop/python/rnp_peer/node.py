"""A node: it listens, dials, and knows the other nodes by their names."""

from __future__ import annotations

import asyncio
from typing import Any

from .acks import Inbox
from .calls import Consumer
from .connection import Connection
from .envelope import now_ms
from .errors import RnpError
from .handshake import ALL_CAPABILITIES, DEFAULT_WINDOW_BYTES, Greeting, Handshake, Refused
from .identity import TLS_TIMEOUT_SECONDS, Credentials, peer_of
from .remote import Remote
from .schemas import Schemas
from .serving import Handler
from .wire import Wire

MAX_CONNECTIONS = 1000


class Node:
    """One peer of the protocol, as client and as server."""

    def __init__(
        self,
        credentials: Credentials,
        schemas: Schemas,
        capabilities: tuple[str, ...] = ALL_CAPABILITIES,
        window_bytes: int = DEFAULT_WINDOW_BYTES,
    ) -> None:
        self.schemas = schemas
        self.identity = credentials.identity()
        self.window_bytes = window_bytes
        self.boot_epoch = now_ms()
        self.address: str | None = None
        self.addresses: dict[str, str] = {}
        """Where other nodes are, by their ids."""
        self._credentials = credentials
        self._capabilities = capabilities
        self._handlers: dict[str, Handler] = {}
        self._remotes: dict[str, Remote] = {}
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()

    def handle(self, kind: str, handler: Handler) -> None:
        """Has messages of a type handled so; before or after connections open."""
        self._handlers[self.schemas.type(kind).name] = handler

    async def listen(self, host: str, port: int) -> str:
        """Takes connections; gives the address, with the port that the system chose for 0."""
        context = self._credentials.context(is_server=True)
        self._server = await asyncio.start_server(
            self._accept, host, port, ssl=context, ssl_handshake_timeout=TLS_TIMEOUT_SECONDS
        )
        self.address = f"{host}:{self._server.sockets[0].getsockname()[1]}"
        return self.address

    async def dial(self, address: str, expected: str | None = None) -> Connection:
        """Opens a connection; raises UNAVAILABLE, or what the other side refused it with.

        Where `expected` is given, whoever else answers there is AUTH_FAILED.
        """
        host, _, port = address.rpartition(":")
        context = self._credentials.context(is_server=False)
        try:
            reader, writer = await asyncio.open_connection(
                host.strip("[]"), int(port), ssl=context, ssl_handshake_timeout=TLS_TIMEOUT_SECONDS
            )
            return await self._greet(reader, writer, expected)
        except (OSError, EOFError) as error:
            text = f"{address} cannot be reached, or refused the certificate: {error}"
            raise RnpError("UNAVAILABLE", text, outcome="not-delivered") from error

    async def connection_to(self, node_id: str) -> Connection:
        return await self.remote(node_id).connection()

    async def request(
        self, node_id: str, kind: str, data: dict, timeout_ms: int | None = None
    ) -> dict:
        return await (await self.connection_to(node_id)).request(kind, data, timeout_ms)

    async def stream(self, node_id: str, kind: str, data: dict, room: int = 64) -> Consumer:
        return (await self.connection_to(node_id)).stream(kind, data, room)

    async def send(self, node_id: str, kind: str, data: dict[str, Any]) -> None:
        """Sends a one-way message with the delivery that its schema promises."""
        if self.schemas.type(kind).delivery == "at-most-once":
            await (await self.connection_to(node_id)).send(kind, data)
        else:
            await self.remote(node_id).deliver(kind, data)

    async def close(self, reason: str = "shutdown", drain_ms: int = 1000) -> None:
        """Listens no more and says goodbye to everybody."""
        if self._server is not None:
            self._server.close()
        open_now = self.connections()
        await asyncio.gather(*(each.goodbye(reason, drain_ms) for each in open_now))
        if self._running:
            await asyncio.wait(self._running, timeout=1)

    def connections(self) -> list[Connection]:
        return [each for remote in self._remotes.values() for each in remote.connections]

    def remote(self, node_id: str) -> Remote:
        if node_id not in self._remotes:
            made = Remote(node_id, self.schemas, self.boot_epoch, self._dial_node)
            self._remotes[node_id] = made
        return self._remotes[node_id]

    # What connections ask of their node.

    def handler(self, kind: str) -> Handler | None:
        return self._handlers.get(kind)

    def inbox(self, node_id: str) -> Inbox:
        return self.remote(node_id).inbox

    def acknowledged(self, node_id: str, data: dict[str, Any]) -> None:
        self.remote(node_id).acknowledged(data)

    def refused(self, node_id: str, message_id: str, error: RnpError) -> None:
        self.remote(node_id).refused(message_id, error)

    async def _dial_node(self, node_id: str) -> Connection:
        if node_id not in self.addresses:
            text = f"nobody has told where {node_id} is"
            raise RnpError("UNAVAILABLE", text, outcome="not-delivered")
        return await self.dial(self.addresses[node_id], node_id)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self.connections()) >= MAX_CONNECTIONS:
            return writer.transport.abort()
        try:
            await self._greet(reader, writer, None, is_listener=True)
        except (OSError, EOFError, RnpError):
            pass  # Whoever dialled has been told why, or is gone.

    async def _greet(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        expected: str | None,
        is_listener: bool = False,
    ) -> Connection:
        """Everything from the end of TLS to an open connection."""
        try:
            peer, expires_at = peer_of(writer.get_extra_info("ssl_object"), self.identity)
            if expected not in (None, peer.node_id):
                text = f"expected {expected}, got {peer.node_id}"
                raise RnpError("AUTH_FAILED", text, {"node_id": peer.node_id})
        except RnpError:
            writer.close()
            raise
        wire = Wire(reader, writer, self.schemas, peer)
        remote = self.remote(peer.node_id)
        ours = (self.identity, self.boot_epoch, self._capabilities, self.window_bytes)
        handshake = Handshake(wire, self.schemas, Greeting(*ours, remote.inbox.greeting()))
        try:
            agreement = await (handshake.listen() if is_listener else handshake.dial())
        except (OSError, EOFError, RnpError) as fault:
            if isinstance(fault, RnpError) and not isinstance(fault, Refused):
                handshake.refuse(fault)
            await wire.close()
            raise
        connection = Connection(wire, agreement, self, expires_at)
        remote.opened(connection)
        task = asyncio.ensure_future(self._run(connection, remote))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return connection

    async def _run(self, connection: Connection, remote: Remote) -> None:
        await connection.run()
        remote.closed(connection)
