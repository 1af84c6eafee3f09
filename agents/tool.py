"""`@tool`: a plain typed function becomes a tool a model can call.

The function stays callable as it is. Its first parameter, `by`, is bound by the server and is no argument; every other
parameter is an argument, typed by `agents.inputs`, described by `Annotated[..., Says("...")]`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from agents.inputs import MOST_BYTES, Name, storable
from agents.methods.faults import Impossible
from org.enums import Effect
from org.errors import InvalidInput, shortened
from org.names import meant

IDEMPOTENCY_KEY = "idempotency_key"
MOST_FAULTS = 10  # told of one call
FILLED = 4  # how many times as long a call can be once its defaults are filled in, as those of a thousand components
_WORD = r"'([^']+)'"  # in pydantic's list of the words there are
_TIME = "must be a time with its zone, like 2027-01-31T09:00:00Z."
_OBJECT = "must be an object of names and values, as the argument's description shows."
FORMS = {  # pydantic's words for these name no form
    **dict.fromkeys(("datetime_from_date_parsing", "datetime_parsing", "datetime_type", "timezone_aware"), _TIME),
    **dict.fromkeys(("dataclass_type", "dict_type", "model_type"), _OBJECT),
}
NEWS = {"news": {"type": "string", "description": "What came to your inbox since your last answer."}}


def Says(text: str) -> FieldInfo:
    """The description of one argument: what it is, with its unit."""
    info: FieldInfo = Field(description=text)
    return info


@dataclass(frozen=True)
class Tool:
    """A tool: its name, what the model reads, what repeating it does, and the function behind it.

    `settles`: for a tool that waits, whether an answer is the last one; the server looks again until it is, or until
    `timeout_seconds` have passed; `wakes` names what an answer waits for. `holds`: the numbers of the messages an
    answer holds, which are read when the client has it. `catches_up`: an answer tells of everything that lies in the
    inbox. `offers`: the address of a page that the person at the client may want to open on an answer, if any.
    `most_bytes`: what its arguments may hold in all. `computes`: it decides nothing, so that a worker may run it for a
    step of a workflow.
    """

    name: str
    title: str
    description: str
    effect: Effect
    run: Callable[..., BaseModel]
    inputs: type[BaseModel]
    output: type[BaseModel]
    settles: Callable[[Any], bool] | None = None
    wakes: Callable[[Any], str] | None = None
    holds: Callable[[Any], list[int]] | None = None
    catches_up: bool = False
    offers: Callable[[Any], str | None] | None = None
    most_bytes: int = MOST_BYTES
    computes: bool = False

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        return flat_schema(self.inputs.model_json_schema(by_alias=True), nullable=False)

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        schema = flat_schema(self.output.model_json_schema(by_alias=True, mode="serialization"))
        return schema if self.catches_up else {**schema, "properties": {**schema["properties"], **NEWS}}

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as plain JSON with every default filled in, and without the idempotency key.

        Raises InvalidInput naming each field, its rule and the next step.
        """
        self._require_bounded(arguments, FILLED * self.most_bytes)  # what is far too much is not looked at further
        self._parsed(arguments)  # names the fields before the call as a whole is judged
        self._require_bounded(storable(arguments), self.most_bytes)
        return storable(self._parsed(arguments).model_dump(mode="json", exclude={IDEMPOTENCY_KEY}, by_alias=True))

    def key(self, arguments: Mapping[str, Any]) -> str | None:
        """The idempotency key among validated arguments, as it is compared: without spaces around it."""
        return getattr(self._parsed(arguments), IDEMPOTENCY_KEY, None)

    def call(self, by: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run the tool for an actor with validated arguments; the answer as plain JSON.

        Raises InvalidInput for what no method can work with, besides what the tool itself raises.
        """
        self._require_bounded(arguments, FILLED * self.most_bytes)  # once more: calls can be stored without a server
        parsed = self._parsed(arguments)
        values = {name: getattr(parsed, name) for name in type(parsed).model_fields if name != IDEMPOTENCY_KEY}
        try:
            return self.run(by, **values).model_dump(mode="json", by_alias=True)
        except Impossible as fault:
            raise InvalidInput(fault.field, fault.rule) from fault

    def _require_bounded(self, arguments: Mapping[str, Any], most: int) -> None:
        if len(json.dumps(arguments, default=str).encode()) > most:
            raise InvalidInput(self.name, f"a call holds at most {self.most_bytes // 1024} KiB.", "Send less.")

    def _parsed(self, arguments: Mapping[str, Any]) -> BaseModel:
        return parsed(self.name, self.inputs, arguments)


def parsed(name: str, inputs: type[BaseModel], arguments: Mapping[str, Any]) -> BaseModel:
    """The arguments of the tool or prompt `name`, typed. Raises InvalidInput naming each field, its rule and the next
    step.
    """
    try:
        return inputs.model_validate(dict(arguments))
    except ValidationError as error:
        raise _explained(name, inputs, error) from None


def _explained(name: str, inputs: type[BaseModel], error: ValidationError) -> InvalidInput:
    known = [field.alias or key for key, field in inputs.model_fields.items()]
    told = []  # each fault's field and rule; the first field names the whole
    for fault in error.errors(include_url=False, include_input=True)[:MOST_FAULTS]:
        field = ".".join(str(part) for part in fault["loc"]) or name
        if fault["type"] == "extra_forbidden":
            rule = f"is not an argument of {name}.{meant(field, known)} Known: {', '.join(known)}."
        elif fault["type"] == "missing":
            info = inputs.model_fields.get(field)
            rule = f"is required: {info.description if info and info.description else 'send it.'}"
        elif fault["type"] == "value_error":
            rule = str(fault["ctx"]["error"])
        elif fault["type"] == "literal_error":
            said, words = str(fault["input"])[:40], fault["ctx"]["expected"]
            rule = f"must be one of {words}, not {said!r}.{meant(said, re.findall(_WORD, words))}"
        elif fault["type"] in FORMS:
            rule = FORMS[fault["type"]]
        else:
            rule = f"{fault['msg'][0].lower()}{fault['msg'][1:]}."
        told.append((field, rule))
    (first, rule), *others = told
    untold = error.error_count() - len(told)
    more = [f"{untold} more are wrong."] if untold else []
    also = [f"{shortened(field)}: {rule}" for field, rule in others]
    return InvalidInput(first, " ".join([rule, *also, *more]))


def arguments_of(run: Callable[..., Any]) -> dict[str, Any]:
    """A function's parameters but the first, which the server binds, as the fields of a model: type and default."""
    hints = get_type_hints(run, include_extras=True)
    return {
        name: (hints[name], ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for name, parameter in list(inspect.signature(run).parameters.items())[1:]
    }


def strict_model(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    """A model of these fields and no others."""
    model: type[BaseModel] = create_model(f"{name}_arguments", __config__=ConfigDict(extra="forbid"), **fields)
    return model


def tool(
    effect: Effect,
    *,
    settles: Callable[[Any], bool] | None = None,
    wakes: Callable[[Any], str] | None = None,
    holds: Callable[[Any], list[int]] | None = None,
    catches_up: bool = False,
    offers: Callable[[Any], str | None] | None = None,
    most_bytes: int = MOST_BYTES,
    computes: bool = False,
) -> Callable[[Callable[..., BaseModel]], Tool]:
    """Make a tool of a function; its name and docstring become those of the tool."""

    def make(run: Callable[..., BaseModel]) -> Tool:
        fields = arguments_of(run)
        if effect is not Effect.READS:
            key = Annotated[Name | None, Says("New to redo.")]
            fields[IDEMPOTENCY_KEY] = (key, None)
        inputs, output = strict_model(run.__name__, fields), get_type_hints(run)["return"]
        description = inspect.cleandoc(run.__doc__ or "")
        title = run.__name__.replace("_", " ").capitalize()
        return Tool(
            *(run.__name__, title, description, effect, run, inputs, output),
            *(settles, wakes, holds, catches_up, offers, most_bytes, computes),
        )

    return make


LENGTHS = {"minLength", "maxLength", "minItems", "maxItems"}  # told by the error of who breaks one: a model reads less
SPELLED = {"ge": "minimum", "le": "maximum"}  # pydantic's words for bounds beside a validator of one's own


def flat_schema(schema: dict[str, Any], *, nullable: bool = True) -> dict[str, Any]:
    """A JSON schema as foreign clients like it: no titles, no references, no `anyOf` for a value that may be null.

    Inputs are not `nullable`: an argument that may be null is one that may be left out. Nor do they tell of lengths.
    """
    definitions = schema.pop("$defs", {})

    def flatten(node: Any) -> Any:
        if isinstance(node, list):
            return [flatten(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            node = {**definitions[node["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in node.items() if k != "$ref"}}
        node = {k: v for k, v in node.items() if not (k == "title" and isinstance(v, str))}
        node = {SPELLED.get(k, k): v for k, v in node.items() if nullable or not (k in LENGTHS and isinstance(v, int))}
        if node.get("default", ...) in (None, False, []):  # nothing is said, as is meant by leaving it out
            del node["default"]
        options = node.get("anyOf")
        if options and len(options) == 2 and {"type": "null"} in options:
            [other] = [option for option in options if option != {"type": "null"}]
            other = flatten(other)
            rest = {k: v for k, v in node.items() if k != "anyOf"}
            if nullable and "type" in other:
                kind = other["type"]
                other["type"] = [*kind, "null"] if isinstance(kind, list) else [kind, "null"]
                if "enum" in other:
                    other["enum"] = [*other["enum"], None]
            return {**other, **flatten(rest)}
        return {k: flatten(v) for k, v in node.items()}

    flat = flatten(schema)
    assert isinstance(flat, dict)
    return flat
