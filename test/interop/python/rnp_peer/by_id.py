"""Acknowledged messages to a peer without channels (SPEC.md, section 9, By id)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from . import frame as frames
from .connection import Connection
from .errors import RnpError, connection_lost
from .retry import MAX_ATTEMPTS, RetryBudget, delay_seconds, final_outcome
from .schemas import Schemas
from .sender_channel import Pending

PATIENCE_SECONDS = 5.0


class ById:
    """Sends each message until it is acknowledged, under one id."""

    def __init__(self, schemas: Schemas, budget: RetryBudget) -> None:
        self._schemas = schemas
        self._budget = budget
        self._waiting: dict[str, tuple[Connection, asyncio.Future[None]]] = {}

    async def send(self, pending: Pending, connect: Callable[[], Awaitable[Connection]]) -> None:
        """Settles with the ack; raises the final error, or what the last attempt ended with."""
        while True:
            connection = await connect()
            try:
                return await self._attempt(pending, connection)
            except RnpError as error:
                if not self._may_retry(pending, error):
                    raise _told(error) from None
                self._budget.failed()
                if error.outcome == "rejected":
                    await asyncio.sleep(delay_seconds(pending.attempts, error))

    def acknowledged(self, ids: list[str]) -> None:
        """Ids that nobody waits for came late."""
        for message_id in ids:
            self._settle(message_id, None)

    def refused(self, message_id: str, error: RnpError) -> bool:
        return self._settle(message_id, error.with_outcome("rejected"))

    def lost(self, connection: Connection) -> None:
        for message_id, (used, _) in list(self._waiting.items()):
            if used is connection:
                self._settle(message_id, connection_lost("unknown"))

    async def _attempt(self, pending: Pending, connection: Connection) -> None:
        pending.attempts += 1
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[pending.id] = (connection, answer)
        ends: dict[str, Any] = {
            "message_id": pending.id,
            "flags": frames.REQUIRES_ACK,
            "on_withdrawn": lambda: self._settle(pending.id, connection_lost("not-delivered")),
        }
        try:
            connection.link.sending.post(pending.type.name, pending.data, **ends)
            await asyncio.wait_for(answer, PATIENCE_SECONDS)
        except (asyncio.TimeoutError, TimeoutError):
            raise RnpError("TIMEOUT", "no ack came", outcome="unknown") from None
        finally:
            self._waiting.pop(pending.id, None)
        self._budget.succeeded()

    def _may_retry(self, pending: Pending, error: RnpError) -> bool:
        is_worth_it = error.outcome != "rejected" or self._schemas.is_retryable(error.code)
        return is_worth_it and pending.attempts < MAX_ATTEMPTS and self._budget.allows

    def _settle(self, message_id: str, error: RnpError | None) -> bool:
        waiting = self._waiting.get(message_id)
        if waiting is None or waiting[1].done():
            return False
        if error is None:
            waiting[1].set_result(None)
        else:
            waiting[1].set_exception(error)
        return True


def _told(error: RnpError) -> RnpError:
    """What a caller is told of the last attempt."""
    return final_outcome(error) if error.outcome == "rejected" else error
