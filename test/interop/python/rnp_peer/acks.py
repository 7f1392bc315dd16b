"""Acknowledged messages that come in: by id and by channel (SPEC.md, section 9)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

from .envelope import Envelope, Place
from .errors import RnpError
from .receiver_channel import ReceiverChannel, Verdict
from .schemas import Schemas

REMEMBERED_IDS = 8192
MAX_CHANNELS = 256


class Answering(Protocol):
    """What acknowledgements need of a connection."""

    def acknowledge_id(self, message_id: str) -> None: ...
    def acknowledge_channel(self, channel: ReceiverChannel) -> None: ...
    def refuse(self, message_id: str, error: RnpError) -> None: ...


class Ticket(Protocol):
    """The right to handle one message once. Whoever has it says how that ended."""

    async def turn(self) -> bool:
        """Waits until the message may begin; `False` where it may not begin at all."""
        ...

    def handled(self) -> None: ...
    def refused(self, error: RnpError) -> None: ...


class Inbox:
    """What has come from one node, over all its connections."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._ids: OrderedDict[str, list[Answering] | None] = OrderedDict()
        self._channels: dict[str, ReceiverChannel] = {}
        self._latest: dict[str, Answering] = {}

    def greeting(self) -> list[dict]:
        """What the next greeting says of the channels."""
        return [channel.greeting() for channel in self._channels.values() if channel.epoch > 0]

    def admit_by_id(self, message_id: str, connection: Answering) -> Ticket | None:
        """A ticket for a message that is new here."""
        if message_id not in self._ids:
            self._ids[message_id] = [connection]
            self._forget_old_ids()
            return _IdTicket(self._ids, message_id)
        waiting = self._ids[message_id]
        if waiting is None:
            connection.acknowledge_id(message_id)
        elif connection not in waiting:
            waiting.append(connection)
        return None

    def admit_by_place(
        self, envelope: Envelope, place: Place, is_ordered: bool, connection: Answering
    ) -> Ticket | None:
        """A ticket for a message whose place was not seen; else does what its place asks for."""
        channel = self._channel(place.channel)
        verdict = channel.arrive(place, is_ordered)
        self._latest[place.channel] = connection
        if verdict is Verdict.ACK_AGAIN:
            connection.acknowledge_channel(channel)
        elif verdict is Verdict.REFUSE_AGAIN:
            connection.refuse(envelope.id, channel.told_again(place.seq, connection))
            connection.acknowledge_channel(channel)
        if verdict is not Verdict.RUN:
            return None
        ticket = _PlaceTicket(self, channel, envelope.id, place, is_ordered)
        if fault := channel.unfit(place):
            ticket.refused(fault)
            return None
        return ticket

    def latest(self, channel: ReceiverChannel) -> Answering:
        """The connection that the messages of a channel came by last."""
        return self._latest[channel.name]

    def is_final(self, error: RnpError, place: Place) -> bool:
        """Whether no copy of the message may run: what may have acted does not run twice with `once`."""
        runs_once = place.once or place.durable
        return not self._schemas.is_retryable(error.code) or (runs_once and error.code == "TIMEOUT")

    def _channel(self, name: str) -> ReceiverChannel:
        if name not in self._channels:
            if len(self._channels) == MAX_CHANNELS:
                raise RnpError("RESOURCE_EXHAUSTED", f"expected at most {MAX_CHANNELS} channels")
            self._channels[name] = ReceiverChannel(name)
        return self._channels[name]

    def _forget_old_ids(self) -> None:
        if len(self._ids) > REMEMBERED_IDS:
            oldest = next(key for key, waiting in self._ids.items() if waiting is None)
            del self._ids[oldest]


class _IdTicket:
    def __init__(self, ids: OrderedDict[str, list[Answering] | None], message_id: str) -> None:
        self._ids = ids
        self._id = message_id

    async def turn(self) -> bool:
        return True

    def handled(self) -> None:
        for connection in self._ids[self._id] or []:
            connection.acknowledge_id(self._id)
        self._ids[self._id] = None

    def refused(self, error: RnpError) -> None:
        for connection in self._ids.pop(self._id) or []:
            connection.refuse(self._id, error)


class _PlaceTicket:
    def __init__(
        self, inbox: Inbox, channel: ReceiverChannel, message_id: str, place: Place, ordered: bool
    ) -> None:
        self._inbox = inbox
        self._channel = channel
        self._id = message_id
        self._place = place
        self._turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if ordered:
            channel.when_first(place.seq, self._turn.set_result)
        else:
            self._turn.set_result(True)

    async def turn(self) -> bool:
        return await self._turn

    def handled(self) -> None:
        self._channel.handled(self._place.seq, self._place.epoch)
        self._inbox.latest(self._channel).acknowledge_channel(self._channel)

    def refused(self, error: RnpError) -> None:
        connection = self._inbox.latest(self._channel)
        connection.refuse(self._id, error)
        seq, epoch = self._place.seq, self._place.epoch
        if self._inbox.is_final(error, self._place):
            self._channel.refused(seq, epoch, error, connection)
            connection.acknowledge_channel(self._channel)
        else:
            self._channel.refused_for_now(seq, epoch)
