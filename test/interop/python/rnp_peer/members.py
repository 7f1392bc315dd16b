"""What a node believes of the others (SPEC.md, section 15). Time comes in as an argument, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .envelope import now_ms

# In intervals between two heartbeats.
SUSPECT_AFTER = 3.1
PING_AFTER = 3.2
DEAD_AFTER = 3.6
TELL_AFTER = 3.7


class Due(Enum):
    """What the silence of a member asks for."""

    PING = "ping it"
    TELL = "tell the others that it is dead"


@dataclass
class Member:
    """One other node, with what it last said of itself."""

    node: str
    role: str
    state: str = "suspect"
    facts: dict[str, Any] = field(default_factory=dict)
    """Address, version, capabilities, labels, epoch and incarnation, as far as they are known."""
    heard_at: float = float("-inf")
    interval: float = 10.0
    since_ms: int = field(default_factory=now_ms)
    done: set[Due] = field(default_factory=set)

    @property
    def address(self) -> str | None:
        return self.facts.get("address")

    def become(self, state: str) -> None:
        if state != self.state:
            self.state, self.since_ms = state, now_ms()

    def to_map(self) -> dict[str, Any]:
        """Its entry in a table."""
        entry = {"node": self.node, "role": self.role, "state": self.state, "since": self.since_ms}
        return {**entry, **self.facts}


_FACTS = ("address", "version", "capabilities", "metadata", "epoch", "incarnation", "facts_hash")


class Members:
    """The other members of the cluster."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}

    def __iter__(self):
        return iter(list(self._members.values()))

    def announced(self, node: str, role: str, data: dict[str, Any], now: float) -> bool:
        """A node spoke of itself, which makes it alive; whether it was not known to be before."""
        member = self._member(node, role)
        is_new = member.state != "alive"
        member.facts = {name: data[name] for name in _FACTS if name in data}
        self._heard(member, data, now)
        return is_new

    def beat(self, node: str, data: dict[str, Any], now: float) -> None:
        """A heartbeat. Of a node that never announced itself it says too little."""
        member = self._members.get(node)
        if member is not None and member.address is not None:
            self._heard(member, data, now)

    def left(self, node: str) -> None:
        if member := self._members.get(node):
            member.become("left")

    def told(self, entry: dict[str, Any], now: float) -> bool:
        """An entry of somebody's table makes a node known, and not alive; whether it was not known."""
        if entry["node"] in self._members or entry["state"] not in ("alive", "suspect"):
            return False
        member = self._member(entry["node"], entry.get("role", "node"))
        member.facts = {name: entry[name] for name in _FACTS if name in entry}
        member.heard_at = now
        return member.address is not None

    def due(self, now: float) -> list[tuple[Member, Due]]:
        """Judges who is silent, and gives what is to be done about it, once each."""
        found = []
        for member in self._members.values():
            silent = (now - member.heard_at) / member.interval
            if member.state not in ("alive", "suspect", "dead") or silent < SUSPECT_AFTER:
                continue
            if silent >= DEAD_AFTER:
                member.become("dead")
            elif member.state == "alive":
                member.become("suspect")
            for after, due in ((PING_AFTER, Due.PING), (TELL_AFTER, Due.TELL)):
                if silent >= after and due not in member.done:
                    member.done.add(due)
                    found.append((member, due))
        return found

    def _member(self, node: str, role: str) -> Member:
        return self._members.setdefault(node, Member(node, role))

    def _heard(self, member: Member, data: dict[str, Any], now: float) -> None:
        member.become("alive")
        member.heard_at = now
        member.done.clear()
        if data.get("next_ms"):
            member.interval = data["next_ms"] / 1000
