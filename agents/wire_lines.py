"""What may stand on one line of the wire: cutting bytes into lines, and reading a line as one JSON-RPC message.

Pure and free of the MCP SDK. Anything unfit leaves as a `Refusal` that knows what to tell the client.
"""

import json
import re
from typing import Any, Self

PARSE_ERROR, INVALID_REQUEST = -32700, -32600  # JSON-RPC 2.0, section 5.1
MAX_LINE_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 64  # levels of arrays and objects, the message itself being the first
MAX_INTEGER_DIGITS = 40

Id = str | int | None

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_ID_NEAR_THE_START = re.compile(
    rb'\s*\{(?:\s*"[a-z]+"\s*:\s*"[^"\\]*"\s*,)*\s*"id"\s*:\s*("[^"\\]{0,200}"|-?\d{1,40})\s*[,}]'
)


class Refusal(Exception):
    """A line that is not served: the error to answer it with, or `answered=False` where JSON-RPC forbids an answer."""

    def __init__(self, code: int, message: str, *, id: Id = None, answered: bool = True) -> None:
        super().__init__(message)
        self.code, self.message, self.id, self.answered = code, message, id, answered


class NumberLiteral(float):
    """A number that `float` or a short `int` cannot carry exactly, with its source text.

    Every fraction, every exponent, NaN, Infinity, -Infinity and integers of more than 40 digits arrive as one of
    these, so that money is read from `literal` as a Decimal and a tool can refuse `NaN` by name.
    The float value may be infinite although the literal is finite (`1e999`). Going out, only the float value is
    written, and null where it is not finite.
    """

    __slots__ = ("literal",)
    literal: str

    def __new__(cls, literal: str) -> Self:
        self = super().__new__(cls, literal)
        self.literal = literal
        return self

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # copies are rebuilt from the text
        return (self.literal,)


class Lines:
    """Cuts a byte stream into lines, holding at most one unfinished line of `limit` bytes."""

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._bytes = bytearray()
        self._searched = 0  # bytes known to hold no newline, so that a long line is not searched again and again
        self._skipping = False  # inside the rest of a line already refused

    def feed(self, chunk: bytes) -> None:
        self._bytes += chunk

    def end(self) -> None:
        """No more bytes will come: a last line without a newline counts as a line."""
        if self._bytes:
            self._bytes += b"\n"

    def is_ready(self) -> bool:
        """Whether `next` has work to do; feeding more before that would only take memory."""
        return len(self._bytes) > self._limit or self._bytes.find(b"\n", self._searched) >= 0

    def next(self) -> bytes | None:
        """The next whole line, or None until more is fed. Raises Refusal, once, for a line over the limit."""
        while True:
            end = self._bytes.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._bytes)
                if self._skipping:
                    self._drop(self._searched)
                elif self._searched > self._limit:
                    self._skipping = True
                    raise self._too_long(self._drop(self._searched))
                return None
            line = self._drop(end + 1)[:-1]
            if self._skipping:
                self._skipping = False
            elif end > self._limit:
                raise self._too_long(line)
            else:
                return line

    def _drop(self, count: int) -> bytes:
        dropped = bytes(memoryview(self._bytes)[:count])
        del self._bytes[:count]
        self._searched = 0
        return dropped

    def _too_long(self, start: bytes) -> Refusal:
        return Refusal(
            INVALID_REQUEST,
            f"Invalid Request: the line is longer than {self._limit} bytes and was skipped",
            id=_id_near_the_start(start),
        )


def read(line: bytes) -> dict[str, Any]:
    """The line as a JSON-RPC message. Raises Refusal."""
    repeated: list[tuple[dict[str, Any], str]] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            repeated.append((members, _first_repeated(pairs)))
        return members

    try:
        message = json.loads(
            line.decode(),
            object_pairs_hook=build,
            parse_float=NumberLiteral,
            parse_int=_integer,
            parse_constant=NumberLiteral,
        )
    except UnicodeDecodeError as error:
        raise Refusal(PARSE_ERROR, f"Parse error: invalid UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Refusal(PARSE_ERROR, f"Parse error: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise _too_deep(_id_near_the_start(line), answered=True) from None

    id, answered = _addressee(message)
    if any(members is message and key == "id" for members, key in repeated):
        id = None
    if line.count(b"[") + line.count(b"{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, message):
        raise _too_deep(id, answered=answered)
    if _SURROGATE_ESCAPE.search(line) and _has_lone_surrogate(message):
        raise Refusal(PARSE_ERROR, "Parse error: a string holds half a surrogate pair", id=id, answered=answered)
    if repeated:
        key = json.dumps(repeated[0][1][:100])
        raise Refusal(INVALID_REQUEST, f"Invalid Request: the key {key} is repeated", id=id, answered=answered)
    if fault := _fault(message):
        raise Refusal(INVALID_REQUEST, f"Invalid Request: {fault}", id=id, answered=answered)
    assert isinstance(message, dict)
    return message


def _fault(message: Any) -> str | None:
    """What keeps parsed JSON from being a request, a notification or a response."""
    match message:
        case list():
            return "batches are not supported, send one message on each line"
        case dict() if message.get("jsonrpc") != "2.0":
            return 'jsonrpc must be "2.0"'
        case {"method": _} if "result" in message or "error" in message:
            return "a message is a request or a response, not both"
        case {"method": method} if not isinstance(method, str):
            return "method must be a string"
        case {"method": _} if not isinstance(message.get("params", {}), dict):
            return "params must be an object"
        case {"method": _} if "id" in message and not _is_id(message["id"]):
            return "id must be a string or an integer"
        case {"method": _} | {"result": _} | {"error": _}:
            return None
        case dict():
            return "method is missing"
    return "a message is a JSON object"


def _addressee(message: object) -> tuple[Id, bool]:
    """The readable id, and whether an error may be answered: never to a notification nor to a response."""
    if not isinstance(message, dict):
        return None, True
    id = message.get("id")
    if "method" in message:
        answered = "id" in message
    else:
        answered = "result" not in message and "error" not in message
    return (id if _is_id(id) else None), answered


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _integer(digits: str) -> int | NumberLiteral:
    return int(digits) if len(digits.removeprefix("-")) <= MAX_INTEGER_DIGITS else NumberLiteral(digits)


def _first_repeated(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def _deeper_than(levels: int, value: object) -> bool:
    level: list[Any] = [value]
    for _ in range(levels):
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for group in children for child in group if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _too_deep(id: Id, *, answered: bool) -> Refusal:
    message = f"Invalid Request: nested deeper than {MAX_DEPTH} levels"
    return Refusal(INVALID_REQUEST, message, id=id, answered=answered)


def _has_lone_surrogate(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _id_near_the_start(start: bytes) -> Id:
    """The id of a line that cannot be parsed, if only plain members stand before it, as most clients write it."""
    found = _ID_NEAR_THE_START.match(start[:1024])
    try:
        return json.loads(found[1]) if found else None
    except ValueError:
        return None
