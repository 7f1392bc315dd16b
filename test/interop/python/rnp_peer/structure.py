"""The structure of a payload, proved before anything is built from it (SPEC.md, section 3)."""

from __future__ import annotations

from typing import Any

import msgpack

from .errors import RnpError, protocol_error

MAX_DEPTH = 32

# How many bytes of number follow the head, for what has a fixed size.
_FIXED = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8,
    0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip
# How many bytes of length follow the head.
_BIN = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_STR = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAY = {0xDC: 2, 0xDD: 4}
_MAP = {0xDE: 2, 0xDF: 4}


def pack(value: dict[str, Any]) -> bytes:
    """MessagePack in the shortest forms, floats with 64 bits."""
    return msgpack.packb(value, use_bin_type=True)


def unpack(payload: bytes) -> dict[str, Any]:
    """Decodes a payload whose structure is sound; raises PROTOCOL_ERROR with the offset of the fault."""
    _Scan(payload).run()
    size = len(payload)
    return msgpack.unpackb(
        payload,
        raw=False,
        strict_map_key=False,
        max_str_len=size,
        max_bin_len=size,
        max_array_len=size,
        max_map_len=size,
    )


class _Level:
    """A container that is being read: how many values it still lacks and, in a map, its keys."""

    def __init__(self, count: int, keys: set[str] | None) -> None:
        self.left = count
        self.keys = keys
        self.wants_key = keys is not None


class _Scan:
    """Walks over a payload without recursion, so that no payload can exhaust the stack."""

    def __init__(self, payload: bytes) -> None:
        self.bytes = payload
        self.at = 0
        self.levels: list[_Level] = []

    def run(self) -> None:
        head = self._head()
        if not (0x80 <= head <= 0x8F or head in _MAP):
            raise self._fault("a map", f"byte {head:02x}", 0)
        self._value(head)
        while self.levels:
            level = self.levels[-1]
            if level.left == 0:
                self.levels.pop()
            elif level.wants_key:
                self._key(level)
            else:
                level.left -= 1
                level.wants_key = level.keys is not None
                self._value(self._head())
        if self.at != len(self.bytes):
            left = len(self.bytes) - self.at
            raise self._fault("a payload that ends with its map", f"{left} more bytes", self.at)

    def _key(self, level: _Level) -> None:
        assert level.keys is not None
        start = self.at
        head = self._head()
        if not (0xA0 <= head <= 0xBF or head in _STR):
            raise self._fault("a key that is a str", f"byte {head:02x}", start)
        key = self._text(head)
        if key == "__proto__" or key in level.keys:
            raise self._fault("keys that are allowed, each once", key, start)
        level.keys.add(key)
        level.wants_key = False

    def _value(self, head: int) -> None:
        if head <= 0x7F or head >= 0xE0:
            return
        if head in _FIXED:
            self._skip(_FIXED[head])
        elif 0xA0 <= head <= 0xBF or head in _STR:
            self._text(head)
        elif head in _BIN:
            self._skip(self._number(_BIN[head]))
        elif 0x80 <= head <= 0x8F or head in _MAP:
            self._open(head & 0x0F if head <= 0x8F else self._number(_MAP[head]), is_map=True)
        elif 0x90 <= head <= 0x9F or head in _ARRAY:
            self._open(head & 0x0F if head <= 0x9F else self._number(_ARRAY[head]), is_map=False)
        else:
            raise self._fault("a type of the protocol", f"byte {head:02x}", self.at - 1)

    def _open(self, count: int, is_map: bool) -> None:
        left = len(self.bytes) - self.at
        if count * (2 if is_map else 1) > left:
            raise self._fault(f"no more values than {left} bytes can hold", count, self.at)
        if len(self.levels) == MAX_DEPTH:
            raise self._fault(f"nesting of at most {MAX_DEPTH}", "a deeper one", self.at - 1)
        self.levels.append(_Level(count, set() if is_map else None))

    def _text(self, head: int) -> str:
        size = head & 0x1F if head <= 0xBF else self._number(_STR[head])
        start = self.at
        self._skip(size)
        try:
            return str(self.bytes[start : self.at], "utf-8")
        except UnicodeDecodeError as error:
            raise self._fault("UTF-8", "other bytes", start + error.start) from None

    def _head(self) -> int:
        self._skip(1)
        return self.bytes[self.at - 1]

    def _number(self, size: int) -> int:
        self._skip(size)
        return int.from_bytes(self.bytes[self.at - size : self.at], "big")

    def _skip(self, size: int) -> None:
        if self.at + size > len(self.bytes):
            raise self._fault("a whole payload", "one that is cut short", len(self.bytes))
        self.at += size

    def _fault(self, expected: str, got: object, offset: int) -> RnpError:
        text = f"expected {expected}, got {got} at byte {offset}"
        return protocol_error(text, expected=expected, got=got, offset=offset)
