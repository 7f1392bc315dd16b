"""Compressed payloads (SPEC.md, section 5)."""

from __future__ import annotations

import struct

import lz4.block

from .errors import protocol_error

THRESHOLD_BYTES = 1024
WORTHWHILE_RATIO = 0.9
MAX_EXPANSION = 255

_SIZE = struct.Struct("<I")


def compress(payload: bytes) -> bytes | None:
    """The compressed form, or `None` where it is not worth its while."""
    if len(payload) <= THRESHOLD_BYTES:
        return None
    packed = _SIZE.pack(len(payload)) + lz4.block.compress(payload, store_size=False)
    return packed if len(packed) < WORTHWHILE_RATIO * len(payload) else None


def decompress(packed: bytes, max_bytes: int) -> bytes:
    """The original. Nothing is allocated for a size that the block cannot have."""
    block = packed[_SIZE.size :]
    if not block:
        raise protocol_error("expected a size and an LZ4 block", expected="a block", got="none")
    (size,) = _SIZE.unpack_from(packed)
    limit = min(max_bytes, MAX_EXPANSION * len(block))
    if not 1 <= size <= limit:
        expected = f"a size from 1 to {limit}"
        raise protocol_error(f"expected {expected}, got {size}", expected=expected, got=size)
    try:
        payload = lz4.block.decompress(block, uncompressed_size=size)
    except (lz4.block.LZ4BlockError, ValueError) as error:
        raise protocol_error("the LZ4 block is damaged", expected="an LZ4 block") from error
    if len(payload) != size:
        raise protocol_error("the LZ4 block has another size", expected=size, got=len(payload))
    return payload
