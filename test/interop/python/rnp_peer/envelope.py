"""The envelope: the map around the data of every message (SPEC.md, section 3)."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """An id for a message that was never sent before."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Place:
    """The place of a message in a channel (SPEC.md, section 9)."""

    channel: str
    epoch: int
    seq: int
    floor: int
    durable: bool = False
    once: bool = False

    def to_map(self) -> dict[str, Any]:
        flags = {name: True for name in ("durable", "once") if getattr(self, name)}
        numbers = {"seq": self.seq, "floor": self.floor}
        return {"channel": self.channel, "epoch": self.epoch, **flags, **numbers}


@dataclass(frozen=True)
class Envelope:
    """A message. `data` is as it travels, not as a program sees it."""

    type: str
    sender: str
    data: dict[str, Any]
    id: str = field(default_factory=new_id)
    timestamp: int = field(default_factory=now_ms)
    reply_to: str | None = None
    deadline_ms: int | None = None
    meta: dict[str, str] | None = None
    delivery: Place | None = None

    def to_map(self) -> dict[str, Any]:
        """The fields in the order in which they are written."""
        fields: dict[str, Any] = {
            "type": self.type,
            "id": self.id,
            "timestamp": self.timestamp,
            "sender": self.sender,
            "reply_to": self.reply_to,
            "deadline_ms": self.deadline_ms,
            "meta": self.meta,
            "delivery": self.delivery.to_map() if self.delivery else None,
            "data": self.data,
        }
        return {name: value for name, value in fields.items() if value is not None}

    @staticmethod
    def from_map(fields: dict[str, Any]) -> Envelope:
        """The envelope in fields that satisfy its schema."""
        place = fields.get("delivery")
        known = {name: value for name, value in fields.items() if name != "delivery"}
        return Envelope(**known, delivery=Place(**place) if place else None)
