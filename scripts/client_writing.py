"""A description (OpenAPI) made into the client's code: pure, a dict in, text out.

What is written: a TypedDict for each schema, a class for each noun with a method for each of its verbs, and a table of
the same operations, from which the command line makes its commands. ``client_files`` says which goes into which file.
"""

import json
import keyword
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
WIDTH = 118
SAID = ("text", "title", "words", "body")  # what somebody writes: the command line takes it without its name
VERBS = {"listed": "list", "one": "show"}  # as a function it would be Python's own word, here it is a method
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
KINDS = {"string": "text", "integer": "number", "number": "number", "boolean": "yes"}


@dataclass(frozen=True)
class Field:
    """A parameter of an operation: in its path, its query or its body."""

    name: str
    schema: Mapping[str, Any]
    required: bool
    help: str = ""
    taken: bool = False  # something in the path is called so: this is another

    @property
    def python(self) -> str:
        name = f"other_{self.name}" if self.taken else self.name
        return f"{name}_" if keyword.iskeyword(name) else name


@dataclass(frozen=True)
class Operation:
    noun: str
    part: str  # of the noun: where the server has it
    verb: str
    method: str
    path: str
    summary: str
    description: str
    gives: str
    in_path: list[Field] = field(default_factory=list)
    in_query: list[Field] = field(default_factory=list)
    in_body: list[Field] = field(default_factory=list)
    files: list[Field] = field(default_factory=list)
    pages: bool = False
    has_body: bool = False
    matches: bool = False  # it takes If-Match


class Description:
    """The document, with its references followed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})

    def followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def operations(self) -> list[Operation]:
        found = [
            self._operation(path, method, told, item.get("parameters", []))
            for path, item in self.document["paths"].items()
            for method, told in item.items()
            if method in METHODS
        ]
        names = [(one.noun, one.verb) for one in found]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two operations of one name: {sorted(doubled)}")
        return sorted(found, key=lambda one: (one.noun, one.verb))

    def _operation(self, path: str, method: str, told: Mapping[str, Any], common: list) -> Operation:
        noun = told["tags"][0].replace(" ", "_")
        verb = told["operationId"].removeprefix(f"{noun}_")
        places: dict[str, list[Field]] = {"path": [], "query": [], "header": []}
        for one in [*common, *told.get("parameters", [])]:
            schema = one.get("schema", {})
            said = one.get("description") or schema.get("description") or ""
            places.get(one["in"], []).append(Field(one["name"], schema, bool(one.get("required")), said))
        in_path = {one.name for one in places["path"]}
        body, files = self._body(told, in_path)
        return Operation(
            noun=noun,
            part=told.get("x-part", noun),
            verb=VERBS.get(verb, verb),
            method=method.upper(),
            path=path,
            summary=told.get("summary", "").strip(),
            description=told.get("description", "").strip(),
            gives=self._gives(told),
            in_path=places["path"],
            in_query=places["query"],
            in_body=body,
            files=files,
            pages=method == "get" and self._pages(told) and any(one.name == "cursor" for one in places["query"]),
            has_body="requestBody" in told,
            matches=any(one.name.lower() == "if-match" for one in places["header"]),
        )

    def _body(self, told: Mapping[str, Any], in_path: set[str]) -> tuple[list[Field], list[Field]]:
        content = told.get("requestBody", {}).get("content", {})
        fields: list[Field] = []
        files: list[Field] = []
        for kind, media in content.items():
            schema = self.followed(media.get("schema", {}))
            for name, one in schema.get("properties", {}).items():
                is_file = kind.startswith("multipart/") and one.get("format") == "binary"
                said = one.get("description") or ""
                found = Field(name, one, name in schema.get("required", []), said, name in in_path)
                (files if is_file else fields).append(found)
        return fields, files

    def _answer(self, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The schema of what comes back if all is well; None: nothing does."""
        for status, answer in sorted(told.get("responses", {}).items()):
            if status.startswith("2"):
                content = answer.get("content", {})
                if not content:
                    continue
                return content.get("application/json", {}).get("schema", {"format": "binary"})
        return None

    def _gives(self, told: Mapping[str, Any]) -> str:
        schema = self._answer(told)
        if schema is None:
            return "None"
        return "bytes" if schema.get("format") == "binary" else self.type_of(schema)

    def _pages(self, told: Mapping[str, Any]) -> bool:
        schema = self.followed(self._answer(told) or {})
        return {"items", "next"} <= set(schema.get("properties", {}))

    # --- types ----------------------------------------------------------------------------

    def type_of(self, schema: Mapping[str, Any]) -> str:
        if "$ref" in schema:
            return schema["$ref"].rsplit("/", 1)[-1]
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return f"Literal[{', '.join(repr(one) for one in schema['enum'])}]"
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return " | ".join(dict.fromkeys(self.type_of(one) for one in options))
        if len(schema.get("allOf", [])) == 1:
            return self.type_of(schema["allOf"][0])
        kind = schema.get("type")
        if isinstance(kind, list):
            return " | ".join(dict.fromkeys(self.type_of({**schema, "type": one}) for one in kind))
        if kind == "array":
            return f"_list[{self.type_of(schema.get('items', {}))}]"
        if kind == "object":
            more = schema.get("additionalProperties")
            return f"dict[str, {self.type_of(more) if isinstance(more, dict) else 'Any'}]"
        return TYPES.get(str(kind), "Any")

    def kind_of(self, schema: Mapping[str, Any]) -> tuple[str, list]:
        """For the command line: what a word must be, and the words that there are."""
        schema = self.followed(schema)
        if options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            kinds = [self.kind_of(one) for one in options if one.get("type") != "null"]
            return kinds[0] if len(kinds) == 1 else (_either({kind for kind, _choices in kinds}), [])
        if "enum" in schema or "const" in schema:
            return "text", [str(one) for one in schema.get("enum", [schema.get("const")])]
        if schema.get("type") == "array":
            kind, choices = self.kind_of(schema.get("items", {}))
            return (f"{kind}s", choices) if kind in ("text", "number") else ("json", [])
        return KINDS.get(str(schema.get("type")), "json"), []


# --- types ----------------------------------------------------------------------------------------


def _fits(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def shape(description: Description, name: str) -> str:
    """A schema as a type."""
    schema = description.schemas[name]
    properties = schema.get("properties")
    if not properties:
        line = f"{name}: TypeAlias = {description.type_of(schema)!r}"
        if len(line) <= WIDTH or "enum" not in schema:
            return line
        return "\n".join([f"{name}: TypeAlias = Literal[", *(f"    {one!r}," for one in schema["enum"]), "]"])
    required = set(schema.get("required", []))
    types = {
        one: said if one in required else f"NotRequired[{said}]"
        for one, told in properties.items()
        for said in [description.type_of(told).replace("_list[", "list[")]
    }
    if all(map(_fits, types)):
        lines = [f"class {name}(TypedDict):", *_docstring(schema.get("description", ""), 1)]
        return "\n".join([*lines, *(f"    {one}: {said}" for one, said in types.items())])
    lines = [f"    {one!r}: {said!r}," for one, said in types.items()]
    return "\n".join([f"{name} = TypedDict({name!r}, {{", *lines, "})"])


def _docstring(text: str, depth: int) -> list[str]:
    if not text:
        return []
    space = "    " * depth
    paragraphs = [" ".join(one.split()) for one in text.replace("\\", "\\\\").replace('"""', "'''").split("\n\n")]
    whole = [line for one in paragraphs for line in ["", *textwrap.wrap(one, WIDTH - len(space) - 3)]][1:]
    if len(whole) == 1 and not whole[0].endswith('"') and len(whole[0]) < WIDTH - len(space) - 6:
        return [f'{space}"""{whole[0]}"""']
    return [f'{space}"""{whole[0]}', *(f"{space}{line}".rstrip() for line in whole[1:]), f'{space}"""']


# --- methods --------------------------------------------------------------------------------------


def _argument(description: Description, one: Field, *, body: bool) -> str:
    said = description.type_of(one.schema)
    if one.required:
        return f"{one.python}: {said}"
    if body:
        return f"{one.python}: {said} | Unset = UNSET"
    return f"{one.python}: {said if said.endswith('None') else said + ' | None'} = None"


def method(description: Description, one: Operation) -> Iterator[str]:
    words = [f"{it.python}: {description.type_of(it.schema)}" for it in one.in_path]
    named = [_argument(description, it, body=False) for it in one.in_query]
    named += [_argument(description, it, body=True) for it in one.in_body]
    named += [f"{it.python}: File{'' if it.required else ' | None = None'}" for it in one.files]
    named += ["if_match: str | None = None"] if one.matches else []
    named += ["key: str | None = None"] if one.method != "GET" else []
    yield from _signature(one.verb, ["self", *words, *(["*", *named] if named else [])], one.gives)
    yield from _docstring(f"{one.summary}.\n\n{one.description}".strip(), 2)
    yield from _call(one)
    yield ""
    if one.pages:
        yield from _each(description, one, words)


def _call(one: Operation) -> Iterator[str]:
    path = one.path
    for it in one.in_path:
        path = path.replace(f"{{{it.name}}}", f"{{part({it.python})}}")
    parts = [[f'"{one.method}"'], [f'f"{path}"' if one.in_path else f'"{path}"']]
    parts += [_mapping("query={", one.in_query, "}")] if one.in_query else []
    parts += [_mapping("body=said({", one.in_body, "})")] if one.has_body else []
    parts += [[f"files=there({', '.join(f'{it.python}={it.python}' for it in one.files)})"]] if one.files else []
    parts += [["if_match=if_match"]] if one.matches else []
    parts += [["key=key"]] if one.method != "GET" else []
    head = "        " if one.gives == "None" else f"        found: {one.gives} = "
    line = f"{head}self._transport.call({', '.join(' '.join(lines) for lines in parts)})"
    if len(line) > WIDTH:
        yield f"{head}self._transport.call("
        for lines in parts:
            yield from (f"            {one}" for one in [*lines[:-1], f"{lines[-1]},"])
        yield "        )"
    else:
        yield line
    if one.gives != "None":
        yield "        return found"


def _mapping(before: str, fields: list[Field], after: str) -> list[str]:
    """The fields by their names, on one line if they fit."""
    said = ", ".join(f'"{it.name}":\N{NO-BREAK SPACE}{it.python}' for it in fields)
    if len(before + said + after) <= WIDTH - 13:
        lines = [f"{before}{said}{after}"]
    else:
        lines = [before, *(f"    {line}" for line in textwrap.wrap(f"{said},", WIDTH - 16)), after]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _each(description: Description, one: Operation, words: list[str]) -> Iterator[str]:
    """The same list, without an end."""
    item = description.followed({"$ref": f"/{one.gives}"})["properties"]["items"]["items"]
    others = [it for it in one.in_query if it.name != "cursor"]
    named = [_argument(description, it, body=False) for it in others]
    name = "each" if one.verb == "list" else f"each_{one.verb}"
    gives = f"Iterator[{description.type_of(item)}]"
    yield from _signature(name, ["self", *words, *(["*", *named] if named else [])], gives)
    yield f'        """``{one.verb}``, page after page."""'
    given = [it.python for it in one.in_path] + [f"{it.python}={it.python}" for it in others] + ["cursor=cursor"]
    call = f"lambda cursor: self.{one.verb}({', '.join(given)})"
    if len(call) > WIDTH - 38:
        yield "        return self._transport.pages("
        yield f"            lambda cursor: self.{one.verb}("
        yield from (f"                {it}," for it in given)
        yield "            )"
        yield "        )"
    else:
        yield f"        return self._transport.pages({call})"
    yield ""


def _signature(name: str, arguments: list[str], gives: str) -> Iterator[str]:
    line = f"    def {name}({', '.join(arguments)}) -> {gives}:"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"    def {name}("
    yield from (f"        {one}," for one in arguments)
    yield f"    ) -> {gives}:"


# --- the table ------------------------------------------------------------------------------------


def entry(description: Description, one: Operation) -> Iterator[str]:
    """An operation as the command line knows it."""
    words = list(_words(description, one))
    yield "    Operation("
    yield f"        {json.dumps(one.noun)},"
    yield f"        {json.dumps(one.verb)},"
    yield f"        {json.dumps(one.summary, ensure_ascii=False)},"
    yield from ["        (", *words, "        ),"] if words else ["        (),"]
    yield from ["        pages=True,"] if one.pages else []
    yield from ["        matches=True,"] if one.matches else []
    yield from ['        gives="bytes",'] if one.gives == "bytes" else []
    yield "    ),"


def _words(description: Description, one: Operation) -> Iterator[str]:
    main = next((name for name in SAID for it in one.in_body if it.name == name), "")
    for place, fields in (("path", one.in_path), ("query", one.in_query), ("body", one.in_body), ("file", one.files)):
        for it in fields:
            kind, choices = ("file", []) if place == "file" else description.kind_of(it.schema)
            told = [it.python, it.name, "said" if it.name == main and place == "body" else place, kind]
            extra = ["required=True"] if it.required else []
            extra += [f"choices={_tuple(choices)}"] if choices else []
            extra += [f"help={json.dumps(' '.join(it.help.split()), ensure_ascii=False)}"] if it.help else []
            yield f"            Word({', '.join([*map(json.dumps, told), *extra])}),"


def _either(kinds: set[str]) -> str:
    if kinds == {"text"}:
        return "text"
    return "either" if kinds == {"text", "number"} else "json"


def _tuple(words: list[str]) -> str:
    return f"({', '.join(map(json.dumps, words))}{',' if len(words) == 1 else ''})"
