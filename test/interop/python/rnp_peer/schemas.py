"""What schema/ says: the types of messages, the codes of errors and the envelope."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import RnpError, protocol_error
from .shape import Schema, Shape


@dataclass(frozen=True)
class MessageType:
    """One type: how it travels, and the shape of its data."""

    name: str
    senders: frozenset[str]
    receivers: frozenset[str]
    layer: str
    pool: str
    delivery: str
    answer: str | None
    match: dict[str, str]
    timeout_ms: int | None
    item: str | None
    is_standalone: bool
    is_control: bool
    is_ordered: bool
    schema: Schema

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.schema)

    @property
    def examples(self) -> list[dict[str, Any]]:
        return self.schema["examples"]

    @property
    def is_request(self) -> bool:
        """Whether it is answered, by one message or many."""
        return self.answer is not None or self.item is not None


@dataclass(frozen=True)
class ErrorCode:
    name: str
    number: int
    is_retryable: bool
    closes: bool
    schema: Schema


class Schemas:
    """All that is in a folder like schema/."""

    def __init__(self, folder: Path) -> None:
        self._shared: Schema = _load(folder / "types.schema.json")["$defs"]
        self.envelope = Shape(self._inline(_load(folder / "envelope.schema.json")))
        messages = folder / "messages"
        found = [self._type(messages, path) for path in sorted(messages.rglob("*.schema.json"))]
        self.types = {message.name: message for message in found}
        codes = [self._code(path) for path in sorted((folder / "errors").glob("*.schema.json"))]
        self.errors = {code.name: code for code in codes}
        self.items = {message.item for message in found if message.item}
        self.answers = {message.answer for message in found if message.answer}

    def type(self, name: str) -> MessageType:
        """The type that a program named; raises PROTOCOL_ERROR."""
        if name not in self.types:
            raise protocol_error(f"there is no type {name}", expected="a known type", got=name)
        return self.types[name]

    def is_retryable(self, code: str) -> bool:
        known = self.errors.get(code)
        return known is not None and known.is_retryable

    def closes(self, code: str) -> bool:
        known = self.errors.get(code)
        return known is not None and known.closes

    def error_data(self, error: RnpError) -> dict[str, Any]:
        """The data of an `error` that tells of `error`; a code of nobody's is INTERNAL_ERROR."""
        code = self.errors.get(error.code) or self.errors["INTERNAL_ERROR"]
        data: dict[str, Any] = {"code": code.name, "message": error.message[:1024]}
        if error.details:
            data["details"] = error.details
        data["number"] = code.number
        if error.retry_after_ms is not None:
            data["retry_after_ms"] = error.retry_after_ms
        return data

    def error_from(self, data: dict[str, Any], outcome: str | None = None) -> RnpError:
        """What an `error` or the report in a `stream.end` says.

        A code that is not known counts as INTERNAL_ERROR; its name is in the message.
        """
        name, message = data["code"], data["message"]
        is_known = name in self.errors
        return RnpError(
            name if is_known else "INTERNAL_ERROR",
            message if is_known else f"{name}: {message}",
            data.get("details"),
            retry_after_ms=data.get("retry_after_ms"),
            outcome=outcome,
        )

    def _type(self, root: Path, path: Path) -> MessageType:
        schema = self._inline(_load(path))
        rules = schema["x-rnp"]
        name = str(path.relative_to(root)).removesuffix(".schema.json").replace("/", ".")
        return MessageType(
            name=name,
            senders=frozenset(rules["from"]),
            receivers=frozenset(rules["to"]),
            layer=rules["layer"],
            pool=rules["pool"],
            delivery=rules["delivery"],
            answer=rules.get("answer"),
            match=rules.get("match", {}),
            timeout_ms=rules.get("timeout_ms"),
            item=rules.get("stream"),
            is_standalone=rules.get("standalone", False),
            is_control=rules["layer"] == "connection" or rules.get("control", False),
            is_ordered=rules.get("ordered", True),
            schema=schema,
        )

    def _code(self, path: Path) -> ErrorCode:
        schema = self._inline(_load(path))
        rules = schema["x-rnp-error"]
        numbers = (rules["number"], rules["retryable"], rules["closes"])
        return ErrorCode(schema["title"], *numbers, schema)

    def _inline(self, schema: Any) -> Any:
        """The schema with what `$ref` names in the place of it; words beside a reference are dropped."""
        if isinstance(schema, list):
            return [self._inline(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if isinstance(schema.get("$ref"), str):
            return self._inline(self._shared[schema["$ref"].rpartition("/")[2]])
        return {
            key: part if key == "examples" else self._inline(part) for key, part in schema.items()
        }


def _load(path: Path) -> Schema:
    return json.loads(path.read_text(encoding="utf-8"))
