"""The client is what the description says: whoever changes the one writes the other anew."""

import json
import subprocess
import sys

import pytest

from tests.client_kit import CLIENT, ROOT

SMALL = {
    "info": {"title": "Small"},
    "paths": {
        "/things/{thing}": {
            "put": {
                "operationId": "things_change",
                "tags": ["things"],
                "summary": "Change a thing",
                "description": 'Says """much""" \\ more.',
                "parameters": [
                    {"in": "path", "name": "thing", "required": True, "schema": {"type": "integer"}},
                    {"in": "header", "name": "If-Match", "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/x/Thing"}}}}},
            }
        },
        "/things": {
            "get": {
                "operationId": "things_listed",
                "tags": ["things"],
                "summary": "Things",
                "parameters": [
                    {"in": "query", "name": "cursor", "schema": {"type": "string"}},
                    {"in": "query", "name": "from", "schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
                ],
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/x/Things"}}}}},
            }
        },
    },
    "components": {
        "schemas": {
            "Thing": {"type": "object", "properties": {"name": {"type": "string"}, "class": {"type": "integer"}}},
            "Things": {
                "type": "object",
                "required": ["items", "next"],
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/x/Thing"}},
                    "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "ThingIn": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string"},
                    "thing": {"type": "integer"},
                    "colour": {"$ref": "#/x/Colour"},
                    "who": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
                },
            },
            "Colour": {"enum": ["red", "green"], "type": "string"},
        }
    },
}


def written(path: str) -> str:
    """What is written of the small description; it can be read as Python."""
    import client_files

    text = client_files.files(SMALL)[path]
    compile(text, path, "exec")
    return text


def test_the_committed_client_is_the_descriptions():
    """If it is stale: ``python scripts/client.py``."""
    from incidents.api import docs
    from scripts import client as script

    described = script.compact(json.loads(docs.whole()))
    assert json.loads(described) == json.loads(docs.whole())
    assert [path.name for path in script.stale(described)] == []
    assert {path.name: n for path, text in script.files(described).items() if (n := text.count("\n")) > 400} == {
        "openapi.json": described.count("\n")
    }


def test_a_noun_that_is_long_is_made_of_its_parts():
    import client_files

    long = json.loads(json.dumps(SMALL))
    for n in range(40):
        more = json.loads(json.dumps(SMALL["paths"]["/things/{thing}"]["put"]))
        more |= {"operationId": f"things_change_{n}", "x-part": "thing_changes"}
        long["paths"][f"/things/{{thing}}/{n}"] = {"put": more}
    found = client_files.files(long)
    assert "class ThingsNoun(ThingChangesNoun):" in found["_api/things.py"]
    assert "from .things_shapes import Colour, Thing" in found["_api/things.py"].splitlines()
    assert "def change_39(" in found["_api/thing_changes.py"] and "def change_39(" not in found["_api/things.py"]


def test_what_is_written_can_be_read_as_python_and_keeps_types():
    text = written("_api/things.py")
    for line in (
        "    def change(",
        "        text: str,",
        "        other_thing: int | Unset = UNSET,",
        "        colour: Colour | Unset = UNSET,",
        "        who: int | str | None | Unset = UNSET,",
        "    def list(self, *, cursor: str | None = None, from_: str | None = None) -> Things:",
        "    def each(self, *, from_: str | None = None) -> Iterator[Thing]:",
        "Colour: TypeAlias = \"Literal['red', 'green']\"",
        "Thing = TypedDict('Thing', {",
        "class ThingsNoun(Noun):",
    ):
        assert line in text.splitlines(), line
    assert "        self.things = ThingsNoun(transport)" in written("_api/__init__.py").splitlines()
    assert "class ThingIn(TypedDict):" in written("_api/apart.py").splitlines()


def test_what_is_written_knows_the_words_of_the_command_line():
    text = written("_operations/things.py")
    assert 'Word("text", "text", "said", "text", required=True)' in text
    assert 'Word("colour", "colour", "body", "text", choices=("red", "green"))' in text
    assert 'Word("who", "who", "body", "either")' in text
    assert "pages=True" in text and "matches=True" in text


def test_two_operations_of_one_name_are_refused():
    import client_files

    doubled = json.loads(json.dumps(SMALL))
    doubled["paths"]["/others"] = {"get": doubled["paths"]["/things"]["get"]}
    with pytest.raises(ValueError, match="two operations of one name"):
        client_files.files(doubled)


def test_each_short_name_leads_to_a_command():
    from baton_client._operations import OPERATIONS
    from baton_client.cli import ALIASES

    assert set(ALIASES.values()) <= {one.spoken for one in OPERATIONS}
    assert not ALIASES.keys() & {one.noun for one in OPERATIONS} - {"oncall"}


def test_the_client_needs_nothing_but_python():
    """Nothing of the server, and no library: it is installed by itself."""
    seen = (
        "import sys; import baton_client.cli; print([m for m in ('django', 'requests', 'ninja') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(CLIENT)!r}); {seen}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT.parent,
    )
    assert found.stdout.strip() == "[]"
