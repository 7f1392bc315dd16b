"""One TLS connection as a sequence of envelopes: steps 1 to 4 of what is checked (SPEC.md, section 4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from . import frame as frames
from .compression import compress, decompress
from .envelope import Envelope
from .errors import RnpError, protocol_error
from .frame import Frame
from .identity import Identity
from .schemas import Schemas
from .structure import pack, unpack


@dataclass(frozen=True)
class Incoming:
    """An envelope that has come, with what its frame says of it."""

    envelope: Envelope
    flags: int
    cost: int

    @property
    def requires_ack(self) -> bool:
        return bool(self.flags & frames.REQUIRES_ACK)

    @property
    def is_ack(self) -> bool:
        return bool(self.flags & frames.IS_ACK)


class Wire:
    """Reads and writes envelopes. `compresses` is set once both sides have agreed on it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        schemas: Schemas,
        peer: Identity,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._schemas = schemas
        self.peer = peer
        self.compresses = False
        self.sent_compressed = 0
        self.received_compressed = 0

    async def read(self) -> Incoming:
        """The next message; raises the fault that ends the connection, or `IncompleteReadError`."""
        frame = await frames.read_frame(self._reader)
        fields = unpack(self._payload(frame))
        envelope = Envelope.from_map(self._schemas.envelope.read(fields, as_bin=True))
        if envelope.sender != self.peer.node_id:
            text = f"expected sender {self.peer.node_id}, got {envelope.sender}"
            named = {"sender": envelope.sender, "identity": self.peer.node_id}
            details = {"rule": "the sender is the node that the certificate names", **named}
            raise RnpError("UNAUTHORIZED", text, details)
        return Incoming(envelope, frame.flags, frame.cost)

    def frame(self, envelope: Envelope, flags: int = 0) -> Frame:
        """The frame of a message, compressed where that is agreed and worth its while."""
        payload = pack(envelope.to_map())
        if len(payload) > frames.MAX_PAYLOAD_BYTES:
            limit = f"a payload of at most {frames.MAX_PAYLOAD_BYTES} bytes"
            raise protocol_error(f"expected {limit}", expected=limit, got=len(payload))
        packed = compress(payload) if self.compresses else None
        if packed is None:
            return Frame(flags, payload)
        return Frame(flags | frames.COMPRESSED, packed)

    def write(self, frame: Frame) -> None:
        """Hands a frame to the socket; it may wait there for the other side to read."""
        if self._writer.is_closing():
            return
        if frame.flags & frames.COMPRESSED:
            self.sent_compressed += 1
        self._writer.write(frame.encode())

    async def drained(self) -> None:
        """Settles when the socket has room again."""
        await self._writer.drain()

    @property
    def waiting_bytes(self) -> int:
        """What was written and the other side has not read."""
        return 0 if self._writer.is_closing() else self._writer.transport.get_write_buffer_size()

    async def close(self) -> None:
        """Ends TLS and TCP in order; after a second without the other side."""
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 1)
        except (TimeoutError, asyncio.TimeoutError):
            self.abort()
        except OSError:
            pass  # It is gone.

    def abort(self) -> None:
        """Drops the connection at once."""
        self._writer.transport.abort()

    def _payload(self, frame: Frame) -> bytes:
        if not frame.flags & frames.COMPRESSED:
            return frame.payload
        if not self.compresses:
            raise protocol_error("a compressed payload, and `lz4` is not in force")
        self.received_compressed += 1
        return decompress(frame.payload, frames.MAX_PAYLOAD_BYTES)
