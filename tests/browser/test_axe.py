"""Every page before a screen reader's eyes, in both themes; ``addresses`` says which there are."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib import admin
from django.test import RequestFactory
from django.views.defaults import server_error

from tests.parts import share, time_is_short

from .addresses import ADMIN, PAGES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# All rules in the light; in the dark only what changes with the theme.
OF_THE_THEME = ["color-contrast", "link-in-text-block"]
RULES = {"light": {}, "dark": {"runOnly": OF_THE_THEME}}
WITHOUT_COLOURS = {"rules": {rule: {"enabled": False} for rule in OF_THE_THEME}}
# A colour on its way to the other theme is neither: nothing moves. A sheet of this kind no content policy forbids.
STILL = """
const still = new CSSStyleSheet();
still.replaceSync('*, ::before, ::after { transition: none !important; animation: none !important }');
document.adoptedStyleSheets = [still];
"""
LOOK = """async (options) => {
    const { violations } = await axe.run({ ...options, resultTypes: ['violations'], preload: false });
    const told = (id) => ({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`;
    return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(told(id)));
}"""
ASKED = ("/configuration/", "/measures/", "/readiness/")  # what is asked for stands in a row there
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1360, "height": 860}
CROWDED = """() => {
    const wide = document.documentElement.scrollWidth, told = (one) => one.outerHTML.slice(0, 100);
    const field = 'input:not([type=hidden], [type=radio], [type=checkbox])';
    const all = [...document.querySelectorAll(`main :is(a.btn, button, select, textarea, ${field})`)]
        .filter((one) => one.checkVisibility({ opacityProperty: true }))
        .map((one) => [one, one.getBoundingClientRect()]);
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const over = all.flatMap(([one, a], n) => all.slice(n + 1).filter(([, b]) => meet(a, b))
        .map(([other]) => `${told(one)} lies on ${told(other)}`));
    return wide > innerWidth ? [`it is ${wide} wide`, ...over] : over;
}"""

# What opens on a page: the address, the keys that open it, and what is open then.
OPENED = (
    ("/incidents/{worst}/", "e", "#dialog[open] form"),
    ("/incidents/{worst}/", "h", "#dialog[open] form"),
    ("/incidents/{worst}/", "w", "#dialog[open] form"),
    ("/incidents/{worst}/", "r", "#dialog[open] form"),
    ("/board/?scope=all", "j m", "[role=menu], dialog[open], .menu[open]"),
    ("/queue/?scope=all", "j x", "#bulk-bar, .bulk"),
    ("/queue/?scope=all", "j h", "#dialog[open] form"),
    ("/queue/?scope=all", "?", "#keys[open]"),
    ("/queue/?scope=all", "Control+k", "#palette[open] [role=option]"),
)


def models(made: dict) -> list[str]:
    """Each model's list, and a form of it."""
    pages = []
    for model, its in admin.site._registry.items():
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = made.get(f"{model._meta.app_label}_{model._meta.model_name}")
        pages += [place, f"{place}{row}/change/"] if row and its else [place]
    return pages


DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


class Eyes:
    """One page in one browser, which changes its theme where it stands."""

    def __init__(self, page, url: str):
        self.page, self.url, self.wrong, self.looks = page, url, [], 0
        page.add_init_script(STILL + AXE_SCRIPT)

    def look(self, where: str) -> None:
        """Where time is short, colours are looked at in one theme, in turn: they take the longest."""
        self.looks += 1
        themes = RULES
        if time_is_short():
            themes = {"light": {}} if self.looks % 2 else {"light": WITHOUT_COLOURS, "dark": RULES["dark"]}
        for scheme, rules in themes.items():
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.wrong += [f"{where} ({scheme}): {found}" for found in self.page.evaluate(LOOK, rules)]

    def look_on_a_phone(self, where: str) -> None:
        self.page.set_viewport_size(PHONE)
        self.wrong += [f"{where} (telephone): {found}" for found in self.page.evaluate(CROWDED)]
        self.page.set_viewport_size(WIDE)

    def open(self, path: str, status: int = 200) -> None:
        answer = self.page.goto(self.url + path)
        if answer.status != status:
            self.wrong.append(f"{path}: {answer.status}")
        self.page.evaluate(DRAWN)  # names are given to the admin's fields in the frame after these are made
        self.look(path)
        if path.startswith(ASKED):
            self.look_on_a_phone(path)


def sign_in(page, asgi_server, who: str) -> None:
    page.context.clear_cookies()
    if who != "nobody":
        key = asgi_server.scene.sessions[who]
        page.context.add_cookies([{"name": "sessionid", "value": key, "url": asgi_server.url}])


def test_axe_finds_nothing_serious_on_any_page_or_in_what_opens_there(asgi_server, browse, furnished):
    page = browse("sam", "/healthz")
    eyes = Eyes(page, asgi_server.url)
    for path, keys, opened in OPENED:
        page.goto(asgi_server.url + path.format(**furnished))
        for key in keys.split():
            page.keyboard.press(key)
        page.locator(opened).first.wait_for()
        eyes.look(f"{path} {keys}")
    for who, paths in {**PAGES, "ada": (*PAGES["ada"], *ADMIN, *models(furnished))}.items():
        sign_in(page, asgi_server, who)
        for path in share(paths, 2):
            eyes.open(path.format(**furnished), status=404 if "/accounts/" in path else 200)
    sign_in(page, asgi_server, "ana")
    eyes.open("/nowhere/", status=404)
    eyes.open(f"/maintenance/{furnished['window']}/", status=403)
    body = server_error(RequestFactory().get("/")).content.decode()
    page.route("**/broken/", lambda route: route.fulfill(status=500, content_type="text/html", body=body))
    eyes.open("/broken/", status=500)
    assert not eyes.wrong, "\n".join(eyes.wrong)
