"""No model is forgotten when everything moves to another database."""

import tomllib
from pathlib import Path

from django.apps import apps
from django.contrib.sessions.base_session import AbstractBaseSession

from escalation.engine.copies import portable
from escalation.kit.release import VERSION

ROOT = Path(__file__).resolve().parents[2]


def test_every_model_is_exported_or_says_why_not():
    """All are exported but those that have a reason not to be, and none of them leads to one that is."""
    every = {one._meta.label for one in apps.get_models(include_auto_created=True) if not one._meta.proxy}
    exported = {one._meta.label for one in portable.exported()}
    assert exported | portable.LEFT_OUT.keys() == every
    assert not exported & portable.LEFT_OUT.keys()
    assert not [one for one in portable.exported() if issubclass(one, AbstractBaseSession)], "people sign in anew"
    led = {(one, field.name) for one in portable.exported() for field in one._meta.concrete_fields if field.is_relation}
    assert not [(one, name) for one, name in led if one._meta.get_field(name).related_model._meta.label not in exported]


def test_the_version_is_said_once_to_programs_and_once_to_people():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
