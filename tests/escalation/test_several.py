"""Whoever sends numbers that no row can have reads that, at the field."""

import pytest
from django import forms

from escalation.kit.several import DIGITS, Several
from escalation.people.models import Skill

pytestmark = pytest.mark.django_db


class Form(forms.Form):
    skills = Several(Skill.objects.all(), required=False)


@pytest.mark.parametrize("number", ["9" * 30, "9" * DIGITS, "-1", "\u0663" * 30, "x", "1e9", "\ud800", "\x00", ""])
def test_what_no_row_can_have_is_said_at_the_field(number):
    kept = Skill.objects.create(name="PCI access", kind=Skill.Kind.ACCESS)
    form = Form({"skills": [str(kept.pk), number]})
    assert not form.is_valid() and set(form.errors) == {"skills"}
    assert str(form)  # and can be shown


def test_what_is_there_is_found():
    kept = Skill.objects.create(name="PCI access", kind=Skill.Kind.ACCESS)
    form = Form({"skills": [str(kept.pk)]})
    assert form.is_valid() and list(form.cleaned_data["skills"]) == [kept]
    assert Form({}).is_valid()
