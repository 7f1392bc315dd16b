"""Flow control of a connection: credit in both directions (SPEC.md, section 14)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .errors import RnpError
from .frame import Frame

MAX_WINDOW_BYTES = 16_777_216


@dataclass(frozen=True)
class Outgoing:
    """A frame, and by which rules it waits."""

    frame: Frame
    type: str
    is_free: bool
    """Costs no credit."""
    overtakes: bool = False
    """An answer: it costs, and does not wait."""
    subject: str | None = None
    """The request that it is, or whose stream it belongs to; it stays behind what has the same."""
    on_sent: Callable[[], None] = lambda: None
    on_withdrawn: Callable[[], None] | None = None
    """Called where it will never be sent; without it, it is owed, and sent also after a goodbye."""


class SendQueue:
    """What waits for the credit that the other side grants. Without flow control nothing waits."""

    def __init__(self, credit_bytes: int | None, write: Callable[[Frame], None]) -> None:
        self._credit = credit_bytes
        self._write = write
        self._waiting: deque[Outgoing] = deque()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def credit_bytes(self) -> int | None:
        return self._credit

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, message: Outgoing) -> None:
        """Sends a message now, or as soon as it may go."""
        if self._must_wait(message):
            self._waiting.append(message)
            self._is_empty.clear()
        else:
            self._send(message)

    def grant(self, count: int) -> None:
        """The other side granted so many bytes; raises FLOW_CONTROL_ERROR over the limit."""
        if self._credit is None or self._credit + count > MAX_WINDOW_BYTES:
            credit = self._credit or 0
            facts = {"message_type": "window.update", "credit_bytes": credit}
            text = f"no window holds {count} bytes on top of {credit}"
            raise RnpError("FLOW_CONTROL_ERROR", text, {**facts, "granted_bytes": count})
        self._credit += count
        self._advance()

    def withdraw(self, subject: str) -> bool:
        """Takes back what waits and is about `subject`; whether there was anything."""
        return self._take(lambda message: message.subject == subject)

    def withdraw_new(self) -> None:
        """Takes back what nobody waits for yet, because the other side said goodbye."""
        self._take(lambda message: message.on_withdrawn is not None)

    async def empty(self) -> None:
        """Settles when nothing waits."""
        await self._is_empty.wait()

    def clear(self) -> None:
        """The connection is no more: what still waits was not delivered."""
        self._take(lambda message: True)

    def _take(self, matches: Callable[[Outgoing], bool]) -> bool:
        taken = [message for message in self._waiting if matches(message)]
        self._waiting = deque(message for message in self._waiting if not matches(message))
        for message in taken:
            if message.on_withdrawn is not None:
                message.on_withdrawn()
        self._advance()
        return bool(taken)

    def _must_wait(self, message: Outgoing) -> bool:
        if message.overtakes:
            return False
        if not message.is_free:
            return bool(self._waiting) or not self._has_credit()
        if message.type == "goodbye":
            return bool(self._waiting)
        return message.subject is not None and any(
            other.subject == message.subject for other in self._waiting
        )

    def _has_credit(self) -> bool:
        return self._credit is None or self._credit > 0

    def _advance(self) -> None:
        while self._waiting and (self._waiting[0].is_free or self._has_credit()):
            self._send(self._waiting.popleft())
        if not self._waiting:
            self._is_empty.set()

    def _send(self, message: Outgoing) -> None:
        if self._credit is not None and not message.is_free:
            self._credit -= message.frame.cost
        self._write(message.frame)
        message.on_sent()


class ReceiveWindow:
    """The credit of the other side, as its receiver counts it."""

    def __init__(self, window_bytes: int, grant: Callable[[int], None]) -> None:
        self._window = window_bytes
        self._credit = window_bytes
        self._held = 0
        self._grant = grant

    @property
    def credit_bytes(self) -> int:
        return self._credit

    def arrived(self, type_name: str, cost: int, overtakes: bool) -> None:
        """A message that costs has come; raises FLOW_CONTROL_ERROR where it had no credit."""
        if self._credit <= 0 and not overtakes:
            facts = {"message_type": type_name, "credit_bytes": self._credit}
            raise RnpError("FLOW_CONTROL_ERROR", f"{type_name} came without credit", facts)
        self._credit -= cost
        self._return()

    def settled(self, cost: int) -> None:
        """A message is done with, so that its credit may return."""
        self._held += cost
        self._return()

    def _return(self) -> None:
        """Grants what is held back from a quarter of the window on, or where the sender has none left."""
        if self._held == 0 or (self._credit > 0 and self._held * 4 < self._window):
            return
        count, self._held = self._held, 0
        self._credit += count
        self._grant(count)
