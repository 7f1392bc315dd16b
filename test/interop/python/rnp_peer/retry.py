"""How often, and after which waits, an acknowledged message is tried (SPEC.md, section 9)."""

from __future__ import annotations

from .errors import RnpError

MAX_ATTEMPTS = 5
BASE_DELAY_SECONDS = 0.1
MULTIPLIER = 3
MAX_DELAY_SECONDS = 30.0
TOKENS = 10.0


class RetryBudget:
    """Bounds the retries to one node, so that they do not add to what it suffers from."""

    def __init__(self) -> None:
        self._tokens = TOKENS

    @property
    def allows(self) -> bool:
        return self._tokens > TOKENS / 2

    def failed(self) -> None:
        self._tokens = max(0.0, self._tokens - 1)

    def succeeded(self) -> None:
        self._tokens = min(TOKENS, self._tokens + 0.1)


def delay_seconds(attempt: int, error: RnpError) -> float:
    """The wait after attempt number `attempt` was refused."""
    delay = min(MAX_DELAY_SECONDS, BASE_DELAY_SECONDS * MULTIPLIER ** (attempt - 1))
    return max(delay, (error.retry_after_ms or 0) / 1000)


def final_outcome(error: RnpError) -> RnpError:
    """A final error; three codes leave open whether the handler acted."""
    is_open = error.code in ("INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "SESSION_LOST")
    return error.with_outcome("unknown" if is_open else "rejected")
