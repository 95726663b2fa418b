"""A second step, passkeys and another system's word, in a real browser: its own authenticator, a real provider."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from escalation.kit import clock as kit_clock
from escalation.signin.factors import codes
from tests.browser.test_accounts import PHONE, WIDE, pictured
from tests.browser.test_answers import look_over
from tests.openid_provider import CLIENT, SECRET, running
from tests.organisation import PASSWORD
from tests.parts import share

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
    pytest.mark.sqlite_enough,
]


@pytest.fixture(autouse=True)
def _by_the_name(live_server, settings):
    """The address that people type is this one; a browser knows passkeys for a name, not for 127.0.0.1."""
    assert urlsplit(live_server.url).hostname == "localhost"
    settings.ADDRESS = live_server.url


def authenticator(page) -> None:
    """One in the device that knows its owner, as telephones and laptops have."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def look_over_between(page) -> None:
    """As ``look_over``, but fetching no stylesheets: whatever is still asked for with the cookie of before, while
    somebody signs in, has Django forget the new one."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    found = Axe().run(page, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


def current(secret: str, steps: int = 0) -> str:
    return codes.code_at(secret, int(kit_clock.now().timestamp()) // codes.PERIOD + steps)


def sign_in(page, person) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("context", share([PHONE, WIDE], 2), ids=share(["phone", "wide"], 2))
def test_ada_is_led_to_a_second_step_and_signs_in_with_it(request, context, cast, at, settings):
    name = request.node.callspec.id
    settings.ADMIN_SECOND_FACTOR = True
    page = at(None, "/admin/", **context["viewport"], color_scheme=context["color_scheme"])
    sign_in(page, cast.ada)
    expect(page.get_by_text("Admins sign in with a second step.")).to_be_visible()
    look_over(page)
    pictured(page, f"factors-{name}")
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="The square for the app")).to_be_visible()
    secret = page.locator("code.letters").inner_text().replace(" ", "")
    look_over(page)
    pictured(page, f"app-{name}")
    page.keyboard.type(current(secret, -1))  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    look_over(page)
    pictured(page, f"codes-{name}")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download").click()
    shown = page.locator("ol.codes code").all_inner_texts()
    assert shown[0] in kept.value.path().read_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(settings.ADDRESS + "/admin/")  # where she was going
    page.goto(settings.ADDRESS + "/signing-in/")
    look_over(page)
    pictured(page, f"set-up-{name}")

    page.context.clear_cookies()
    page.goto(settings.ADDRESS + "/admin/")
    sign_in(page, cast.ada)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    look_over_between(page)
    pictured(page, f"second-{name}")
    page.keyboard.type(current(secret))
    page.keyboard.press("Enter")
    expect(page).to_have_url(settings.ADDRESS + "/admin/")


def test_ana_makes_a_passkey_and_needs_no_password_any_more(cast, at, settings):
    page = at(cast.ana, "/signing-in/")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    authenticator(page)
    page.get_by_label("Its name").fill("Work laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Work laptop")).to_be_visible()

    page.context.clear_cookies()
    page.goto(settings.ADDRESS + "/queue/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(settings.ADDRESS + "/queue/")

    page.context.clear_cookies()
    page.goto(settings.ADDRESS + "/login/")
    sign_in(page, cast.ana)  # or with both
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(settings.ADDRESS + "/")
    assert not wrong, wrong


def test_jo_comes_by_the_providers_word(cast, at, settings, live_server, tmp_path):
    with running(live_server.url + "/login/openid/back/", tmp_path) as provider:
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        settings.OPENID = {
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "name": "Example Login",
        }
        page = at(None, "/queue/")
        look_over_between(page)
        pictured(page, "login-openid")
        page.get_by_role("link", name="Sign in with Example Login").click()
        page.get_by_label("Name").fill("ana")
        page.get_by_role("button", name="Go on").click()
        expect(page).to_have_url(settings.ADDRESS + "/queue/")
        expect(page.get_by_label("menu of Ana Ruiz")).to_be_visible()
