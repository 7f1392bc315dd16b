"""Steps 5 to 8 of what is checked of a message that comes in (SPEC.md, section 4)."""

from __future__ import annotations

from typing import Any

from .errors import RnpError, protocol_error
from .link import Link
from .schemas import MessageType
from .wire import Incoming

# What may follow a `goodbye` of the same side, beside what has `reply_to`.
_AFTER_GOODBYE = frozenset(("ack", "error", "ping", "pong", "window.update", "cancel"))
_AFTER_GOODBYE |= {"stream.credit", "stream.end", "goodbye_ack"}
_AFTER_GOODBYE |= {"goodbye"}  # A second one says nothing new.


class Judge:
    """Raises the faults that end a connection; those about one message it leaves to its caller."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def state(self, incoming: Incoming, kind: MessageType) -> None:
        """Whether the connection is in a state for this type (step 6)."""
        link, name = self._link, kind.name
        state = "draining" if link.heard_goodbye else "open"
        facts: dict[str, Any] = {"message_type": name, "got": name, "state": state}
        if incoming.is_ack != (name == "ack") or (name == "ack" and incoming.requires_ack):
            raise protocol_error(f"{name} came with other flags than it has", **facts)
        if name in ("hello", "hello_ack"):
            raise protocol_error(f"{name} came when the connection was open", **facts)
        if name == "window.update" and link.window is None:
            details = {"message_type": name}
            raise RnpError("FLOW_CONTROL_ERROR", "`flow` is not in force", details)
        if name == "goodbye_ack" and not link.said_goodbye:
            raise protocol_error("goodbye_ack came, and nobody said goodbye", **facts)
        is_owed = incoming.envelope.reply_to is not None or name in _AFTER_GOODBYE
        if link.heard_goodbye and not is_owed:
            raise protocol_error(f"{name} came behind a goodbye", **facts)

    def cost(self, incoming: Incoming, kind: MessageType | None) -> int:
        """Takes a message off the credit; gives what is to return once it is settled (step 6)."""
        link = self._link
        if link.window is None or (kind is not None and kind.is_control):
            return 0
        envelope = incoming.envelope
        overtakes = envelope.reply_to is not None and envelope.type in link.schemas.answers
        link.window.arrived(envelope.type, incoming.cost, overtakes)
        return incoming.cost

    def data(self, incoming: Incoming, kind: MessageType) -> dict[str, Any]:
        """The data for a program; raises what is wrong with this one message (steps 7 and 8)."""
        link, name = self._link, kind.name
        sender, receiver = link.peer.role, link.host.identity.role
        if sender not in kind.senders or receiver not in kind.receivers:
            details = {"message_type": name, "identity": link.peer.node_id, "role": sender}
            text = f"{name} does not go from a {sender} to a {receiver}"
            raise RnpError("UNAUTHORIZED", text, details)
        try:
            return kind.shape.read(incoming.envelope.data, "bin" in link.agreement)
        except RnpError as fault:
            raise protocol_error(fault.message, message_type=name, **fault.details) from None
