"""What was known before proofs were kept becomes proofs and refusals, so that nobody is asked for a test they made."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from escalation.kit import clock as kit_clock
from escalation.notify.models import ContactMethod
from tests.reach_kit import account, method

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_codes_tests_and_failures_of_before_are_kept(cast, clock):
    now = kit_clock.now()
    typed, waits = method(cast.jo, "sms", "+491701234567"), method(cast.jo, "voice", "+4930123456", verified=False)
    tested, failed, mended = (method(cast.ana, "sms", f"+49170123450{n}") for n in range(3))
    ContactMethod.objects.filter(pk__in=[tested.pk, waits.pk]).update(last_ok_at=now)
    ContactMethod.objects.filter(pk=failed.pk).update(last_ok_at=now - HOUR, last_failed_at=now, last_failure="no")
    ContactMethod.objects.filter(pk=mended.pk).update(last_ok_at=now, last_failed_at=now - HOUR, last_failure="no")
    import_module("escalation.notify.migrations.0006_proofs").from_what_is_known(apps, None)
    kept = ContactMethod.objects.in_bulk()
    assert kept[typed.pk].proved_at == typed.verified_at
    assert kept[tested.pk].proved_at == now
    assert kept[waits.pk].proved_at is None  # the code left, and was not typed
    assert kept[account(cast.jo).pk].proved_at is None  # that an account was made proves nothing of its address
    assert (kept[failed.pk].refused_at, kept[failed.pk].refused_why) == (now, "no")
    assert {kept[one.pk].refused_at for one in (typed, tested, mended)} == {None}
