"""The messages of the application layer: answers and items to whoever waits, all else to a handler."""

from __future__ import annotations

from typing import Any

from .acks import Ticket
from .envelope import Envelope
from .errors import RnpError, protocol_error
from .link import Link
from .schemas import MessageType
from .serving import Handler
from .wire import Incoming


class Intake:
    """Takes in what has been judged, and returns its credit when it is settled."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def unknown(self, incoming: Incoming, cost: int) -> None:
        """A type that this side does not know. Its sender hears of it where it waits for something."""
        name = incoming.envelope.type
        if incoming.requires_ack or incoming.envelope.deadline_ms is not None:
            fault = protocol_error(f"there is no type {name}", message_type=name, got=name)
            self._refuse(incoming, fault, is_ordered=True)
        else:
            self._link.dropped += 1
        self._link.settle(cost)

    def faulty(self, incoming: Incoming, kind: MessageType, fault: RnpError, cost: int) -> None:
        """A message that breaks its schema, or that its sender's role may not send."""
        envelope, link = incoming.envelope, self._link
        link.dropped += 1
        if envelope.reply_to is not None and kind.name in link.schemas.items | link.schemas.answers:
            link.calls.spoilt(envelope.reply_to, fault)
        elif kind.is_request or incoming.requires_ack:
            self._refuse(incoming, fault, kind.is_ordered)
        link.settle(cost)

    def take(self, incoming: Incoming, kind: MessageType, data: dict[str, Any], cost: int) -> None:
        """A message that is as it should be."""
        envelope, link = incoming.envelope, self._link
        if kind.name in link.schemas.items:
            self._count(link.calls.item(envelope, data))
            link.settle(cost)
        elif self._is_answer(incoming, kind, data):
            self._count(link.calls.answered(envelope, data))
            link.settle(cost)
        elif kind.is_request:
            self._request(envelope, kind, data, cost)
        elif incoming.requires_ack:
            self._acknowledged(incoming, kind, data, cost)
        else:
            self._one_way(envelope, kind, data, cost)

    def _count(self, was_awaited: bool) -> None:
        if not was_awaited:
            self._link.dropped += 1

    def _is_answer(self, incoming: Incoming, kind: MessageType, data: dict[str, Any]) -> bool:
        """A standalone type may also be a message of its own, unasked."""
        if kind.name not in self._link.schemas.answers or incoming.requires_ack:
            return False
        envelope = incoming.envelope
        if envelope.reply_to is not None or not kind.is_standalone:
            return True
        return self._link.calls.asked(envelope, data) is not None

    def _request(self, envelope: Envelope, kind: MessageType, data: dict, cost: int) -> None:
        link, handler = self._link, self._link.host.handler(kind.name)
        refusal = self._refusal(kind, handler)
        if refusal is not None or handler is None:
            link.sending.refuse(envelope.id, refusal or _no_handler(kind))
            link.settle(cost)
            return
        task = link.serving.request(handler, envelope, kind, data)
        if kind.item is not None:
            link.settle(cost)
        else:
            task.add_done_callback(lambda _: link.settle(cost))

    def _refusal(self, kind: MessageType, handler: Handler | None) -> RnpError | None:
        link = self._link
        if link.said_goodbye:
            return RnpError("UNAVAILABLE", "this side says goodbye: ask elsewhere")
        if handler is None:
            return _no_handler(kind)
        if kind.item is not None and "streams" not in link.agreement:
            return RnpError("UNSUPPORTED", "`streams` is not in force on this connection")
        if kind.item is not None and not link.serving.bears_another_stream:
            return RnpError("RESOURCE_EXHAUSTED", "too many streams are open on this connection")
        return None

    def _acknowledged(self, incoming: Incoming, kind: MessageType, data: dict, cost: int) -> None:
        link, handler = self._link, self._link.host.handler(kind.name)
        ticket = self._admit(incoming, kind.is_ordered)
        if ticket is None:
            link.settle(cost)
        elif handler is None:
            ticket.refused(_no_handler(kind))
            link.settle(cost)
        else:
            task = link.serving.acknowledged(handler, incoming.envelope, data, ticket)
            task.add_done_callback(lambda _: link.settle(cost))

    def _one_way(self, envelope: Envelope, kind: MessageType, data: dict, cost: int) -> None:
        link, handler = self._link, self._link.host.handler(kind.name)
        is_too_much = kind.is_control and not link.serving.bears_another_message
        if handler is None or is_too_much:
            link.dropped += 1
            link.settle(cost)
        else:
            task = link.serving.message(handler, envelope, data)
            task.add_done_callback(lambda _: link.settle(cost))

    def _refuse(self, incoming: Incoming, fault: RnpError, is_ordered: bool) -> None:
        """Tells of a fault in one message. Its place is taken, so that what is behind it goes on."""
        if not incoming.requires_ack:
            self._link.sending.refuse(incoming.envelope.id, fault)
        elif ticket := self._admit(incoming, is_ordered):
            ticket.refused(fault)

    def _admit(self, incoming: Incoming, is_ordered: bool) -> Ticket | None:
        link, envelope = self._link, incoming.envelope
        inbox = link.host.inbox(link.peer.node_id)
        if envelope.delivery is None or "delivery" not in link.agreement:
            return inbox.admit_by_id(envelope.id, link.sending)
        try:
            return inbox.admit_by_place(envelope, envelope.delivery, is_ordered, link.sending)
        except RnpError as fault:
            if fault.code not in ("SESSION_LOST", "RESOURCE_EXHAUSTED"):
                raise
            link.sending.refuse(envelope.id, fault)
            return None


def _no_handler(kind: MessageType) -> RnpError:
    return RnpError("UNSUPPORTED", f"this node does not handle {kind.name}")
