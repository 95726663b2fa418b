"""Warning signs in a real browser: one key takes the advice, and the panel comes and goes by itself."""

import pytest

from incidents.models import AdviceAnswer, Incident

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_key_takes_the_advice_and_another_press_says_why_not(open_incident, cast, at):
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    page = at(cast.ana, incident.get_absolute_url())
    page.locator("#compose textarea").wait_for()
    assert not page.get_by_text("Warning signs").count()
    for _n in range(3):
        incident.attempt(by=cast.ana, text="Restarted the pool", outcome="no_effect")
    page.reload()
    page.get_by_text("Escalate soon").wait_for()
    page.locator("#do-advice-refusal").click()
    page.locator("#dialog[open] textarea").fill("The vendor calls back at ten")
    page.locator("#dialog button", has_text="Not now").click()
    page.get_by_text("Ana Ruiz said not now").wait_for()
    assert not page.locator("#do-advice").count()
    for _n in range(2):
        incident.attempt(by=cast.ana, text="Rolled back", outcome="worse")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('baton:change', {detail: {}}))")
    page.locator("#do-advice").wait_for()
    page.keyboard.press("t")
    page.get_by_text("L2 Applications").first.wait_for()
    page.locator("#signs:not(:has(section))").wait_for(state="attached")
    assert Incident.objects.get(pk=incident.pk).run.tier == cast.tiers["l2"]
    assert list(AdviceAnswer.objects.order_by("id").values_list("taken", flat=True)) == [False, True]
