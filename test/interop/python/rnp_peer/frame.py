"""Frames: a header of 12 bytes and a payload (SPEC.md, section 2)."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass

from .errors import RnpError, protocol_error

MAGIC = bytes.fromhex("524e5001")
MAJOR, MINOR = 1, 0
HEADER_BYTES = 12
MAX_PAYLOAD_BYTES = 16_777_216

COMPRESSED, ENCRYPTED, REQUIRES_ACK, IS_ACK = 1, 2, 4, 8
_KNOWN = COMPRESSED | ENCRYPTED | REQUIRES_ACK | IS_ACK
_HEADER = struct.Struct(">4sBBIH")


@dataclass(frozen=True)
class Frame:
    """A payload as it travels, compressed where its flag says so."""

    flags: int
    payload: bytes

    @property
    def cost(self) -> int:
        """What it takes off the credit, in bytes."""
        return HEADER_BYTES + len(self.payload)

    def encode(self) -> bytes:
        return _HEADER.pack(MAGIC, MAJOR, MINOR, len(self.payload), self.flags) + self.payload


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next frame. Raises `IncompleteReadError` at the end of the connection.

    `readexactly` keeps what has arrived and no more, so memory grows with the bytes and not with the
    length that is declared.
    """
    flags, length = judge_header(await reader.readexactly(HEADER_BYTES))
    return Frame(flags, await reader.readexactly(length))


def judge_header(header: bytes) -> tuple[int, int]:
    """Flags and length of a header that may be followed."""
    magic, major, minor, length, flags = _HEADER.unpack(header)
    if magic != MAGIC:
        expected = f"magic {MAGIC.hex()}"
        raise protocol_error(f"expected {expected}", expected=expected, got=magic.hex())
    if major != MAJOR:
        got = f"{major}.{minor}"
        details = {"supported": [f"{MAJOR}.{MINOR}"], "got": got}
        raise RnpError("VERSION_MISMATCH", f"expected version {MAJOR}.x, got {got}", details)
    if not 1 <= length <= MAX_PAYLOAD_BYTES:
        expected = f"a length from 1 to {MAX_PAYLOAD_BYTES}"
        raise protocol_error(f"expected {expected}, got {length}", expected=expected, got=length)
    if flags & ~_KNOWN:
        got = f"flags {flags:04x}"
        raise protocol_error("a reserved bit is set", expected="reserved bits of 0", got=got)
    if flags & ENCRYPTED:
        raise RnpError("UNSUPPORTED", "no capability of this version encrypts payloads")
    return flags, length
