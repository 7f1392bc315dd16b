"""The one error that everything here raises."""

from __future__ import annotations

from typing import Any


class RnpError(Exception):
    """A fault with a code of the protocol.

    `outcome` says what became of the message it is about: `not-delivered`, `rejected` or `unknown`;
    it is absent where the error is not about one that was sent.
    """

    def __init__(
        self,
        code: str,
        message: str,
        details: dict[str, Any] | None = None,
        *,
        retry_after_ms: int | None = None,
        outcome: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details or {}
        self.retry_after_ms = retry_after_ms
        self.outcome = outcome

    def with_outcome(self, outcome: str) -> RnpError:
        """The same error, about a message of which this is known."""
        return RnpError(
            self.code,
            self.message,
            self.details,
            retry_after_ms=self.retry_after_ms,
            outcome=outcome,
        )


def protocol_error(message: str, **details: Any) -> RnpError:
    """A PROTOCOL_ERROR; `expected` and `got` are cut to what its schema allows."""
    for field in ("expected", "got"):
        if field in details:
            details[field] = str(details[field])[:256]
    return RnpError("PROTOCOL_ERROR", message[:1024], details)


def connection_lost(outcome: str) -> RnpError:
    """What a message ends with whose connection broke."""
    return RnpError("UNAVAILABLE", "the connection was lost", outcome=outcome)
