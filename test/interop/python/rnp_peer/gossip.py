"""Membership at work: a node joins, keeps itself alive in the eyes of the others, and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from .errors import RnpError
from .load import cpu_percent, ram_mb
from .members import Due, Member, Members
from .node import Node
from .serving import Call

ANNOUNCE_EVERY = 3
"""An announcement goes out in the place of each third heartbeat or so."""


class Gossip:
    """Speaks for one node in its cluster."""

    def __init__(self, node: Node, interval_ms: int = 10_000, capabilities: tuple = ()) -> None:
        self.members = Members()
        self._node = node
        self._interval_ms = interval_ms
        self._capabilities = list(capabilities)
        self._incarnation = 0
        self._sequence = 0
        self._beating: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        node.handle("gossip.announce", self._on_announce)
        node.handle("gossip.heartbeat", self._on_heartbeat)
        node.handle("gossip.leave", self._on_leave)
        node.handle("gossip.suspect", self._on_suspect)
        node.handle("gossip.probe", self._on_probe)
        node.handle("sync.request", self._on_sync)

    async def join(self, address: str) -> None:
        """Announces this node to a member and learns the others from its table."""
        connection = await self._node.dial(address)
        peer = connection.peer.node_id
        self._node.addresses[peer] = address
        await connection.send("gossip.announce", self._announcement())
        tables = await connection.request("sync.request", {})
        for entry in tables["members"]:
            if entry["node"] != self._node.identity.node_id and self.members.told(entry, self._now):
                self._introduce(entry["node"], entry["address"])
        self._beating = asyncio.ensure_future(self._beat())

    async def leave(self, reason: str) -> None:
        """Tells everybody that this node goes, so that nobody suspects it."""
        if self._beating is not None:
            self._beating.cancel()
        data = {"reason": reason, "epoch": self._node.boot_epoch, "incarnation": self._incarnation}
        alive = [member.node for member in self.members if member.state != "left"]
        await asyncio.gather(
            *(self._try(self._node.send(node, "gossip.leave", data)) for node in alive)
        )

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _introduce(self, node: str, address: str) -> None:
        """Announces this node to one that became known."""
        self._node.addresses[node] = address
        self._soon(self._node.send(node, "gossip.announce", self._announcement()))

    def _announcement(self) -> dict[str, Any]:
        return {
            "address": self._node.address,
            "version": "0.0.1",
            "capabilities": self._capabilities,
            "epoch": self._node.boot_epoch,
            "incarnation": self._incarnation,
            "next_ms": self._interval_ms,
        }

    def _heartbeat(self) -> dict[str, Any]:
        total_mb, free_mb = ram_mb()
        return {
            "sequence": self._sequence,
            "cpu_percent": cpu_percent(),
            "ram_used_mb": total_mb - free_mb,
            "instances": 0,
            "epoch": self._node.boot_epoch,
            "incarnation": self._incarnation,
            "next_ms": self._interval_ms,
        }

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._interval_ms / 1000)
            self._sequence += 1
            is_announcement = self._sequence % ANNOUNCE_EVERY == 0
            for member in self.members:
                if member.state not in ("alive", "suspect"):
                    continue
                self._soon(self._node.send(member.node, "gossip.heartbeat", self._heartbeat()))
                if is_announcement:
                    announcement = self._announcement()
                    self._soon(self._node.send(member.node, "gossip.announce", announcement))
            for member, due in self.members.due(self._now):
                self._soon(self._ping(member) if due is Due.PING else self._tell(member))

    async def _ping(self, member: Member) -> None:
        await (await self._node.connection_to(member.node)).ping()
        member.heard_at = self._now

    async def _tell(self, member: Member) -> None:
        report = {"suspect_node": member.node, "last_seen": member.since_ms, "failed_pings": 4}
        for other in self.members:
            if other.state == "alive":
                await self._try(self._node.send(other.node, "gossip.suspect", report))

    async def _on_announce(self, call: Call, data: dict[str, Any]) -> None:
        peer = call.peer
        self._node.addresses[peer.node_id] = data["address"]
        if self.members.announced(peer.node_id, peer.role, data, self._now):
            self._introduce(peer.node_id, data["address"])

    async def _on_heartbeat(self, call: Call, data: dict[str, Any]) -> None:
        self.members.beat(call.peer.node_id, data, self._now)

    async def _on_leave(self, call: Call, data: dict[str, Any]) -> None:
        self.members.left(call.peer.node_id)

    async def _on_suspect(self, call: Call, data: dict[str, Any]) -> None:
        """What others say of a third node is news, and no proof; what they say of this one is refuted."""
        if data["suspect_node"] == self._node.identity.node_id:
            self._incarnation = max(self._incarnation, data.get("incarnation", 0)) + 1
            await self._node.send(call.peer.node_id, "gossip.announce", self._announcement())

    async def _on_probe(self, call: Call, data: dict[str, Any]) -> dict[str, Any]:
        target = data["target_node"]
        try:
            connection = await self._node.connection_to(target)
            await connection.ping(data.get("timeout_ms"))
        except RnpError:
            return {"target_node": target, "reachable": False}
        return {"target_node": target, "reachable": True}

    async def _on_sync(self, call: Call, data: dict[str, Any]) -> dict[str, Any]:
        own = self._announcement()
        own.pop("next_ms")
        identity = self._node.identity
        me: dict[str, Any] = {"node": identity.node_id, "role": identity.role, "state": "alive"}
        me["since"] = self._node.boot_epoch
        table = [{**me, **own}, *(member.to_map() for member in self.members)]
        return {"members": table, "services": [], "full": True}

    def _soon(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(self._try(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, work: Awaitable[Any]) -> None:
        """What a member does not hear now it hears with the next heartbeat."""
        try:
            await work
        except RnpError:
            pass
