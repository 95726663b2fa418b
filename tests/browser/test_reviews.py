"""A review that two people change at the same time, each in a browser of their own."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.mark.rehearsal("browser")
def test_whoever_saves_second_sees_what_the_first_wrote_and_loses_nothing(browse, furnished):
    address = f"/reviews/{furnished['done']}/words/"
    sams, anas = (browse(who, address) for who in ("sam", "ana"))
    sams.get_by_label("What happened").fill("A release stopped the mail at noon.")
    sams.get_by_role("button", name="Save", exact=True).click()
    expect(sams.get_by_text("A release stopped the mail at noon.")).to_be_visible()

    anas.get_by_label("What happened").fill("Nobody got mail for an hour.")
    factor = anas.get_by_role("group", name="What contributed, 2")
    factor.get_by_label("Kind").select_option(index=1)
    factor.locator("textarea").fill("Nobody watches the queue")
    save = anas.get_by_role("button", name="Save", exact=True)
    with anas.expect_response("**/words/") as answered:
        save.press("Enter")
    assert answered.value.status == 409
    expect(anas.get_by_text("Somebody has changed this review since the page was loaded.")).to_be_visible()
    expect(anas.get_by_role("region", name="As it is now")).to_contain_text("A release stopped the mail at noon.")
    expect(anas.get_by_label("What happened")).to_have_value("Nobody got mail for an hour.")
    expect(factor.locator("textarea")).to_have_value("Nobody watches the queue")

    anas.get_by_label("What happened").fill("A release stopped the mail at noon. Nobody got any for an hour.")
    save.press("Enter")
    for both in (anas, sams):
        both.goto(both.url.removesuffix("words/"))
        expect(both.get_by_role("region", name="What happened")).to_contain_text("at noon. Nobody got any for an hour.")
        expect(both.get_by_role("region", name="What contributed")).to_contain_text("Nobody watches the queue")
        assert both.wrong == []
