"""A policy's form, tried before it is saved: the very rows that saving would leave, and then not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils.text import capfirst

from .models import Policy


@contextmanager
def as_saved(form: Any, formsets: Sequence[Any]) -> Iterator[Policy]:
    """For forms that are valid. Whoever looks within sees the policy as it would be; afterwards nothing has happened.

    So what is said of a policy before it is saved is said by the same code, of the same rows, as afterwards.
    """
    with transaction.atomic():
        policy: Policy = form.save()
        Policy.objects.filter(pk=policy.pk).update(archived_at=None)  # as if it was in use: else nothing is said of it
        for formset in formsets:
            formset.instance = policy
            formset.save()
        try:
            yield policy
        finally:
            transaction.set_rollback(True)


def wrong(form: Any, formsets: Sequence[Any]) -> list[str]:
    """What keeps these forms from being saved."""
    found = [message for one in (form, *(row for formset in formsets for row in formset.forms)) for message in _of(one)]
    found += [str(message) for formset in formsets for message in formset.non_form_errors()]
    return list(dict.fromkeys(found))


def _of(form: Any) -> Iterator[str]:
    for name, messages in form.errors.items():
        label = capfirst(str(form.fields[name].label)) if name in form.fields else ""
        yield from (f"{label}: {message}" if label else str(message) for message in messages)
