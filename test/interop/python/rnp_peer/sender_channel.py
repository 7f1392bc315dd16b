"""One channel, as its sender keeps it (SPEC.md, section 9). It lasts as long as the process."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from .envelope import Place
from .errors import protocol_error
from .schemas import MessageType

WINDOW = 1024
EPOCH_LEAP = 65_536


@dataclass
class Pending:
    """A message that is not settled."""

    type: MessageType
    data: dict[str, Any]
    id: str
    settled: asyncio.Future[None] = field(repr=False)
    attempts: int = 0
    seq: int = 0


class SenderChannel:
    """Which messages of a channel are settled, and what a greeting or an ack says of the rest."""

    def __init__(self, name: str, epoch: int) -> None:
        self.name = name
        self.epoch = epoch
        self._next = 1
        self._acked = 0
        self._highest_handled = 0
        self._gave_up = False
        self._was_used = False
        self._receiver_boot: int | None = None
        self.unsettled: dict[int, Pending] = {}

    @property
    def has_room(self) -> bool:
        return self._next - min(self.unsettled, default=self._next) < WINDOW

    def add(self, pending: Pending) -> None:
        """Gives a new message the next place."""
        pending.seq, self._next = self._next, self._next + 1
        self.unsettled[pending.seq] = pending

    def place(self, pending: Pending) -> Place:
        """Where a message stands, as its frame tells it when it is sent now."""
        self._was_used = True
        return Place(self.name, self.epoch, pending.seq, min(self.unsettled))

    def acked(self, data: dict[str, Any]) -> list[Pending]:
        """The messages that an `ack` settles; raises PROTOCOL_ERROR for a place that was never sent."""
        if data["epoch"] != self.epoch:
            return []
        seq, beyond = data.get("seq", 0), data.get("beyond", [])
        highest = max([seq, *beyond])
        if highest >= self._next:
            text = f"expected places below {self._next}, got {highest}"
            raise protocol_error(text, expected=f"places below {self._next}", got=highest)
        self._acked = max(self._acked, seq)
        self._highest_handled = max(self._highest_handled, highest)
        return self._take([at for at in self.unsettled if at <= seq or at in set(beyond)])

    def give_up(self, pending: Pending) -> None:
        """It is never sent again; the floor passes it."""
        self._gave_up = True
        self.unsettled.pop(pending.seq, None)

    def with_id(self, message_id: str) -> Pending | None:
        """The unsettled message of that id."""
        found = (each for each in self.unsettled.values() if each.id == message_id)
        return next(found, None)

    def resume(self, told: dict[str, Any] | None, boot_epoch: int | None) -> list[Pending]:
        """Goes on on another connection, whose greeting `told` so; gives what that settles.

        Where either side has forgotten, all that is unsettled moves to a higher epoch.
        """
        is_same_life = self._receiver_boot is not None and boot_epoch == self._receiver_boot
        self._receiver_boot = boot_epoch
        if told is None or told["epoch"] < self.epoch:
            untouched = self._acked == 0 and self._highest_handled == 0 and not self._gave_up
            if self._was_used and not (is_same_life and untouched):
                self.begin_anew(self.epoch)
            return []
        if told["epoch"] > self.epoch or self._disagrees(told):
            self.begin_anew(max(self.epoch, told["epoch"]))
            return []
        self._acked = max(self._acked, told["seq"])
        self._highest_handled = max(self._highest_handled, told.get("highest", told["seq"]))
        refused = set(told.get("refused", []))
        return self._take([at for at in self.unsettled if at <= told["seq"] and at not in refused])

    def begin_anew(self, above: int) -> None:
        """Numbers what is unsettled from 1, in an epoch that nobody has seen."""
        self.epoch = above + random.randint(1, EPOCH_LEAP)
        self._next, self._acked, self._highest_handled = 1, 0, 0
        self._gave_up = self._was_used = False
        moved = [self.unsettled[seq] for seq in sorted(self.unsettled)]
        self.unsettled = {}
        for pending in moved:
            self.add(pending)

    def _disagrees(self, told: dict[str, Any]) -> bool:
        seq = told["seq"]
        highest = told.get("highest", max(seq, self._highest_handled))
        has_forgotten = seq < self._acked or highest < self._highest_handled
        return told.get("lost", False) or has_forgotten or max(seq, highest) >= self._next

    def _take(self, places: list[int]) -> list[Pending]:
        return [self.unsettled.pop(seq) for seq in sorted(places)]
