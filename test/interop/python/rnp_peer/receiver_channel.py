"""One channel, as its receiver keeps it (SPEC.md, section 9). It lasts as long as the process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .envelope import Place
from .errors import RnpError, protocol_error

WINDOW = 1024


class Verdict(Enum):
    """What to do with a message that came by a channel."""

    RUN = "run"
    DROP = "drop"
    ACK_AGAIN = "acknowledge again"
    REFUSE_AGAIN = "send the error again"


class State(Enum):
    WITH_HANDLER = 1
    HANDLED = 2
    REFUSED = 3


@dataclass
class _Slot:
    state: State
    error: RnpError | None = None
    told_on: object = None
    """The connection that the error was sent on."""


class ReceiverChannel:
    """Epoch, floor, and what became of each place from the floor on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = 0
        self.floor = 1
        self._is_durable: bool | None = None
        self._slots: dict[int, _Slot] = {}
        self._running: int | None = None
        self._queue: deque[tuple[int, Callable[[bool], None]]] = deque()

    def arrive(self, place: Place, is_ordered: bool) -> Verdict:
        """Judges a copy. RUN takes its place; the caller must then `settle` it.

        Raises PROTOCOL_ERROR and CONFLICT, which end the connection, and SESSION_LOST, which does not.
        """
        if not place.seq - WINDOW < place.floor <= place.seq:
            text = f"expected a floor up to {place.seq}, less than {WINDOW} below"
            raise protocol_error(text, expected="a floor near seq", got=place.floor)
        self._enter(place)
        self._raise_floor(place.floor)
        slot = self._slots.get(place.seq)
        if place.seq < self.floor:
            return Verdict.DROP
        if slot is None:
            if is_ordered and self._has_gap_before(place.seq):
                return Verdict.DROP
            self._slots[place.seq] = _Slot(State.WITH_HANDLER)
            return Verdict.RUN
        if slot.state is State.WITH_HANDLER:
            return Verdict.DROP
        return Verdict.ACK_AGAIN if slot.state is State.HANDLED else Verdict.REFUSE_AGAIN

    def unfit(self, place: Place) -> RnpError | None:
        """Why a message cannot be handled, whatever it says: this side keeps no store."""
        if self._is_durable not in (None, place.durable):
            return protocol_error("messages of one epoch differ in `durable`")
        self._is_durable = place.durable
        return RnpError("UNSUPPORTED", "this side keeps no store") if place.durable else None

    def when_first(self, seq: int, start: Callable[[bool], None]) -> None:
        """Calls `start` once the ordered messages before are settled: with `False` where it was dropped."""
        if self._running is None:
            self._running = seq
            start(True)
        else:
            self._queue.append((seq, start))

    def handled(self, seq: int, epoch: int) -> None:
        self._settle(seq, epoch, _Slot(State.HANDLED))

    def refused(self, seq: int, epoch: int, error: RnpError, told_on: object) -> None:
        """Refused for good: the error stands for every copy."""
        self._settle(seq, epoch, _Slot(State.REFUSED, error, told_on))

    def refused_for_now(self, seq: int, epoch: int) -> None:
        """As if it had not been seen, and so is all that waited behind it."""
        if epoch != self.epoch:
            return
        self._slots.pop(seq, None)
        if self._running == seq:
            self._running = None
            self._drop_queue()

    def told_again(self, seq: int, connection: object) -> RnpError:
        """The error of a refused message, which now goes out on `connection`."""
        slot = self._slots[seq]
        assert slot.error is not None
        slot.told_on = connection
        return slot.error

    def ack(self, connection: object) -> dict[str, Any]:
        """What an `ack` on `connection` says: no refusal that was not told there."""
        seq = self._settled_up_to(connection)
        beyond = [at for at in sorted(self._slots) if at > seq and self._is(at, State.HANDLED)]
        data = {"channel": self.name, "epoch": self.epoch, "seq": seq}
        return {**data, "beyond": beyond[:WINDOW]} if beyond else data

    def greeting(self) -> dict[str, Any]:
        """What `hello` and `hello_ack` say of it."""
        seq = self._settled_up_to(None)
        refused = [at for at in sorted(self._slots) if at <= seq and self._is(at, State.REFUSED)]
        data = {"channel": self.name, "epoch": self.epoch, "seq": seq}
        data["highest"] = max([seq, *self._slots])
        return {**data, "refused": refused} if refused else data

    def _enter(self, place: Place) -> None:
        if place.epoch < self.epoch:
            text = f"expected epoch {self.epoch}, got {place.epoch}"
            raise RnpError("CONFLICT", f"{text}: a process that is no more still sends")
        if place.epoch == self.epoch:
            return
        if place.floor != 1:
            raise RnpError("SESSION_LOST", f"nothing is known of epoch {place.epoch}")
        self.epoch, self.floor, self._is_durable = place.epoch, 1, None
        self._slots.clear()
        self._running = None
        self._drop_queue()

    def _raise_floor(self, floor: int) -> None:
        if floor <= self.floor:
            return
        self.floor = floor
        for seq in [seq for seq in self._slots if seq < floor]:
            del self._slots[seq]

    def _has_gap_before(self, seq: int) -> bool:
        return any(before not in self._slots for before in range(self.floor, seq))

    def _settle(self, seq: int, epoch: int, slot: _Slot) -> None:
        if epoch != self.epoch:
            return
        if seq >= self.floor:
            self._slots[seq] = slot
        if self._running == seq:
            self._running = None
            self._start_next()

    def _start_next(self) -> None:
        if self._queue:
            seq, start = self._queue.popleft()
            self._running = seq
            start(True)

    def _drop_queue(self) -> None:
        queue, self._queue = self._queue, deque()
        for seq, start in queue:
            self._slots.pop(seq, None)
            start(False)

    def _is(self, seq: int, state: State) -> bool:
        slot = self._slots.get(seq)
        return slot is not None and slot.state is state

    def _settled_up_to(self, connection: object) -> int:
        """The last place before the first that is open; on a connection, or untold there."""
        seq = self.floor - 1
        while slot := self._slots.get(seq + 1):
            if slot.state is State.WITH_HANDLER:
                break
            if slot.state is State.REFUSED and connection not in (None, slot.told_on):
                break
            seq += 1
        return seq
