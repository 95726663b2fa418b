"""Small promises of the whole house: templates compile, addresses reverse, migrations are whole."""

import ast
import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.migrated import deciding

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(file for file in (ROOT / "templates").rglob("*") if file.suffix in (".html", ".txt"))


def test_every_template_compiles():
    for file in TEMPLATES:  # whose does not is named in what Django says
        get_template(str(file.relative_to(ROOT / "templates")))


FORBIDDEN = (" style=", "<style", " onclick=", " onload=", "javascript:", " hx-on", "|safe")


def test_no_template_needs_what_the_content_policy_forbids():
    # A field's help is written by us or by Django, never by a visitor.
    texts = {str(file): file.read_text().replace("field.help_text|safe", "") for file in TEMPLATES}
    assert [(file, word) for file, text in texts.items() for word in FORBIDDEN if word in text] == []


def names(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from names(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern


SAMPLES = {"number": 1042, "pk": 1, "key": "k", "urgency": "loud", "uidb64": "MQ", "token": "t"}
SAMPLES |= {
    "override": 1,
    "swap": 1,
    "other": 1,
    "seq": 1,
    "update": 1,
    "role": "scribe",
    "rest": "requests/1",
    "name": "n",
    "handle": "h",
    "action": 1,
    "run": 1,
    "step": 1,
}


def test_every_address_reverses():
    for pattern in names():  # one that does not is named in what Django says
        groups = getattr(getattr(pattern.pattern, "regex", None), "groupindex", {})
        wanted = set(pattern.pattern.converters) | set(groups)
        if pattern.name in NOUNS:
            wanted |= {"number"}
        assert reverse(pattern.name, kwargs={name: SAMPLES[name] for name in wanted}).startswith("/"), pattern.name


def _nouns() -> set[str]:
    from incidents.desk.urls import nouns

    return {pattern.name for pattern in nouns}


NOUNS = _nouns()


@pytest.mark.django_db
def test_no_model_change_waits_for_a_migration():
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert "No changes detected" in out.getvalue()


def test_a_change_of_what_helps_a_migration_makes_the_tests_database_anew():
    for migration in (file for file in deciding() if file.parent.name == "migrations"):
        tree = ast.walk(ast.parse(migration.read_text()))
        found = [(node.module, one.name) for node in tree if isinstance(node, ast.ImportFrom) for one in node.names]
        helpers = [ROOT.joinpath(*f"{module}.{name}".split(".")).with_suffix(".py") for module, name in found]
        helpers += [ROOT.joinpath(*module.split(".")).with_suffix(".py") for module, _name in found]
        assert {file for file in helpers if file.exists()} <= deciding(), migration


def test_files_can_be_read_in_one_sitting():
    for storey in ("escalation", "incidents"):
        for file in (ROOT / storey).rglob("*.py"):
            if "migrations" not in file.parts:
                assert len(file.read_text().splitlines()) <= 400, file


DATABASES_OWN = ("transaction=True", "threading", "tests.threads", "sqlite_only", "postgresql_only")
DATABASES_OWN += ("cursor()", "select_for_update", "mark.processes")


def test_where_sqlite_is_enough_nothing_depends_on_the_database():
    """Whole files that are not played on PostgreSQL: see ``tests/conftest.py``."""
    files = {file: file.read_text() for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__)}
    enough = {file for file, text in files.items() if re.search(r"^pytestmark = .*sqlite_enough", text, re.MULTILINE)}
    assert enough
    assert not [(file.name, word) for file in sorted(enough) for word in DATABASES_OWN if word in files[file]]
    assert "sqlite_enough" not in files[ROOT / "tests/house/test_every_page.py"]  # which opens all pages on each
    assert "sqlite_enough" not in files[ROOT / "tests/incidents/test_demo_past.py"]  # and nearly all verbs, in a row
