"""What a schema demands of a value: strictly of what is written, tolerantly of what is read (section 4)."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from .errors import RnpError, protocol_error

Schema = dict[str, Any]
SAFE_INTEGER = 2**53 - 1
UNKNOWN_WORD_CHARACTERS = 64


class Shape:
    """One schema without references, ready to check values.

    Values here are those of a program: bytes are `bytes`, whether they travel as bin or as base64.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._writes = _Validator(schema)
        self._reads = _Validator(_tolerant(schema))

    def write(self, value: Any, as_bin: bool) -> Any:
        """The value as it travels, its fields in the order of the schema; raises PROTOCOL_ERROR."""
        text = _Walk(_to_text, keeps_unknown=True).step(self.schema, value, "")
        _check(self._writes, text)
        return _Walk(_to_bytes).step(self.schema, text, "") if as_bin else text

    def read(self, value: Any, as_bin: bool) -> Any:
        """The value for a program, without fields that the schema does not know; raises PROTOCOL_ERROR."""
        convert = _to_text if as_bin else _keep_text
        text = _Walk(convert).step(self.schema, value, "")
        _check(self._reads, text)
        return _Walk(_to_bytes).step(self.schema, text, "")


@dataclass(frozen=True)
class _Walk:
    """Copies values, with bytes converted and numbers in their right form.

    Fields that the schema does not know are left out, unless they are to be found and refused later.
    """

    convert: Callable[[Any, str], Any]
    keeps_unknown: bool = False

    def step(self, schema: Schema, value: Any, pointer: str) -> Any:
        if isinstance(value, dict):
            return self._map(schema, value, pointer)
        if isinstance(value, list) and "items" in schema:
            items = enumerate(value)
            return [self.step(schema["items"], item, f"{pointer}/{at}") for at, item in items]
        if schema.get("contentEncoding") == "base64":
            return self.convert(value, pointer)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(schema, value, pointer)
        return value

    def _map(self, schema: Schema, value: dict, pointer: str) -> dict:
        known: Schema = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        keeps_others = others is not False or "x-rnp-closed" in schema or self.keeps_unknown
        names = [name for name in known if name in value]
        if keeps_others:
            names += [name for name in value if name not in known]
        rest = others if isinstance(others, dict) else None
        return {
            name: self._field(known.get(name, rest), value[name], f"{pointer}/{name}")
            for name in names
        }

    def _field(self, schema: Schema | None, value: Any, pointer: str) -> Any:
        """What no schema describes stays as it is."""
        return value if schema is None else self.step(schema, value, pointer)


def _number(schema: Schema, value: int | float, pointer: str) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise _fault("a finite number", str(value), pointer)
    kinds = [schema, *schema.get("anyOf", [])]
    if not any(kind.get("type") == "integer" for kind in kinds):
        return value
    if isinstance(value, float):
        if not value.is_integer():
            return value
        value = int(value)
    limit = 2**63 if schema.get("format") == "int64" else SAFE_INTEGER
    if not -limit <= value <= min(limit, 2**63 - 1):
        raise _fault(f"an integer within ±{limit}", str(value), pointer)
    return value


def _to_text(value: Any, pointer: str) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _keep_text(value: Any, pointer: str) -> Any:
    if isinstance(value, bytes):
        raise _fault("base64 text, for `bin` is not in force", "bin", pointer)
    return value


def _to_bytes(value: Any, pointer: str) -> Any:
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise _fault("base64", "other text", pointer) from None
    if base64.b64encode(decoded).decode() != value:
        raise _fault("base64 in its one padded form", "another form", pointer)
    return decoded


def _tolerant(schema: Any) -> Any:
    """The schema of a reader: words and fields of later versions pass where it is not closed."""
    if isinstance(schema, list):
        return [_tolerant(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "enum" in schema and not schema.get("x-rnp-closed"):
        return {"type": "string", "maxLength": UNKNOWN_WORD_CHARACTERS}
    return {key: _tolerant(part) for key, part in schema.items() if key != "examples"}


def _check(validator: Any, value: Any) -> None:
    error: ValidationError | None = next(validator.iter_errors(value), None)
    if error is None:
        return
    steps = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        steps.append(next(name for name in error.validator_value if name not in error.instance))
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    expected = f"{error.validator} {error.validator_value}"
    raise _fault(expected, _short(error), pointer)


def _short(error: ValidationError) -> str:
    if error.validator == "required":
        return "nothing"
    return f"{type(error.instance).__name__} {str(error.instance)[:60]}"


def _fault(expected: str, got: str, pointer: str) -> RnpError:
    text = f"expected {expected} at {pointer or 'the root'}, got {got}"
    return protocol_error(text, pointer=pointer[:512], expected=expected, got=got)


def _pattern(_: Any, pattern: str, value: Any, __: Schema) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_patterns: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    """Patterns are those of ECMA-262, whose `$` is the end of the text; that of Python bears a line feed."""
    if pattern not in _patterns:
        _patterns[pattern] = re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern))
    return _patterns[pattern]


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern})
