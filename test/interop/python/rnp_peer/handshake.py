"""The greeting: `hello` and `hello_ack` (SPEC.md, section 7)."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from .envelope import Envelope
from .errors import RnpError, protocol_error
from .frame import MAJOR, MINOR
from .identity import Identity
from .schemas import MessageType, Schemas
from .wire import Incoming, Wire

HELLO_TIMEOUT_SECONDS = 2.0
DEFAULT_WINDOW_BYTES = 65_536
ALL_CAPABILITIES = ("lz4", "bin", "streams", "flow", "delivery")


@dataclass(frozen=True)
class Greeting:
    """What a side says of itself when a connection opens."""

    identity: Identity
    boot_epoch: int
    capabilities: tuple[str, ...] = ALL_CAPABILITIES
    window_bytes: int = DEFAULT_WINDOW_BYTES
    channels: list[dict[str, Any]] = field(default_factory=list)

    def to_data(self) -> dict[str, Any]:
        return {
            "version": f"{MAJOR}.{MINOR}",
            "node_id": self.identity.node_id,
            "role": self.identity.role,
            "capabilities": list(self.capabilities),
            "boot_epoch": self.boot_epoch,
            "nonce": secrets.token_hex(16),
            "window_bytes": self.window_bytes,
            "channels": self.channels,
        }


@dataclass(frozen=True)
class Agreement:
    """What holds on a connection from the frame after `hello_ack`."""

    capabilities: frozenset[str]
    peer_window_bytes: int
    """The credit that the peer grants at once."""
    peer_boot_epoch: int | None
    peer_channels: dict[str, dict[str, Any]]
    """What the peer has received, by the name of the channel."""

    def __contains__(self, capability: str) -> bool:
        return capability in self.capabilities


class Handshake:
    """Greets over a wire, as either side."""

    def __init__(self, wire: Wire, schemas: Schemas, ours: Greeting) -> None:
        self._wire = wire
        self._schemas = schemas
        self._ours = ours

    async def dial(self) -> Agreement:
        """Says hello and waits for the answer; raises what the listener refused it with."""
        data = {**self._ours.to_data(), "cluster": self._ours.identity.cluster}
        self._send("hello", data)
        theirs = await self._expect("hello_ack")
        self._judge(theirs)
        return self._agree(theirs)

    async def listen(self) -> Agreement:
        """Waits for hello and answers it."""
        incoming, theirs = await self._expect_with_envelope("hello")
        self._judge(theirs)
        agreement = self._agree(theirs)
        common = [name for name in self._ours.capabilities if name in agreement]
        answer = {**self._ours.to_data(), "capabilities": common}
        self._send("hello_ack", answer, incoming.envelope.id)
        return agreement

    def refuse(self, fault: RnpError) -> None:
        """Says why this side closes."""
        self._send("error", self._schemas.error_data(fault))

    def _send(self, name: str, data: dict[str, Any], reply_to: str | None = None) -> None:
        written = self._schemas.type(name).shape.write(data, as_bin=False)
        sender = self._ours.identity.node_id
        self._wire.write(self._wire.frame(Envelope(name, sender, written, reply_to=reply_to)))

    async def _expect(self, name: str) -> dict[str, Any]:
        return (await self._expect_with_envelope(name))[1]

    async def _expect_with_envelope(self, name: str) -> tuple[Incoming, dict[str, Any]]:
        try:
            incoming = await asyncio.wait_for(self._wire.read(), HELLO_TIMEOUT_SECONDS)
        except (TimeoutError, asyncio.TimeoutError):
            raise RnpError("TIMEOUT", f"no {name} came within 2 seconds") from None
        got = incoming.envelope.type
        message = self._schemas.types.get(got)
        if message is not None and got in ("error", "goodbye"):
            raise self._refusal(message, incoming)
        if message is None or got != name or incoming.is_ack:
            state = "greeting" if name == "hello_ack" else "expecting"
            facts: dict[str, Any] = {
                "message_type": got,
                "expected": name,
                "got": got,
                "state": state,
            }
            raise protocol_error(f"expected {name}, got {got}", **facts)
        return incoming, message.shape.read(incoming.envelope.data, as_bin=False)

    def _refusal(self, message: MessageType, incoming: Incoming) -> RnpError:
        data = message.shape.read(incoming.envelope.data, as_bin=False)
        if message.name == "error":
            return Refused(self._schemas.error_from(data))
        return Refused(RnpError("UNAVAILABLE", f"goodbye: {data.get('reason', '')}"))

    def _judge(self, theirs: dict[str, Any]) -> None:
        peer = self._wire.peer
        certified = {"node_id": peer.node_id, "role": peer.role, "cluster": peer.cluster}
        for name, value in certified.items():
            if theirs.get(name, value) != value:
                rule = f"the {name} is the one that the certificate names"
                details = {"rule": rule, "identity": peer.node_id, "role": peer.role}
                raise RnpError("UNAUTHORIZED", f"expected {name} {value}", details)
        if int(theirs["version"].split(".")[0]) != MAJOR:
            supported = {"supported": [f"{MAJOR}.{MINOR}"], "got": theirs["version"]}
            raise RnpError("VERSION_MISMATCH", f"expected version {MAJOR}.x", supported)

    def _agree(self, theirs: dict[str, Any]) -> Agreement:
        offered = frozenset(theirs.get("capabilities", []))
        return Agreement(
            capabilities=offered & frozenset(self._ours.capabilities),
            peer_window_bytes=theirs.get("window_bytes", DEFAULT_WINDOW_BYTES),
            peer_boot_epoch=theirs.get("boot_epoch"),
            peer_channels={each["channel"]: each for each in theirs.get("channels", [])},
        )


class Refused(RnpError):
    """The other side ended the handshake with this; nothing is sent in return."""

    def __init__(self, error: RnpError) -> None:
        super().__init__(error.code, error.message, error.details)
