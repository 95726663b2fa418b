"""Hostile text in every field, and every page before a real browser: it is text, and nothing else."""

import pytest
from django.db.models import Model
from playwright import sync_api

from tests.corpus import xss
from tests.parts import share

from . import hostile
from .addresses import ADMIN, PAGES
from .conftest import beside
from .test_axe import OPENED, models, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

WATCHED = "window.canary = () => console.error('the canary sang')"
# What no page of ours has, whoever wrote on it. An address may lead out only where somebody follows it.
DISPLACED = """(doc) => {
    const found = [];
    const tell = (why, one) => found.push(`${why}: ${one.outerHTML.slice(0, 150)}`);
    const never = 'iframe, frame, object, embed, base, style, portal, fencedframe, marquee, keygen, plaintext, xmp, '
        + 'math, foreignObject, animate, set, template[shadowrootmode], meta[http-equiv], '
        + 'script:not([src]):not([type="application/json"])';
    const leads = new RegExp('^(href|src|srcset|action|formaction|poster|background|data|xlink:href|sse-connect'
        + '|(data-)?hx-(get|post|put|patch|delete))$');
    doc.querySelectorAll(never).forEach((one) => tell('no element of ours', one));
    for (const one of doc.querySelectorAll('*')) {
        for (const { name, value } of one.attributes) {
            if (/^on|^(data-)?hx-on|canary|ping|srcdoc/.test(name)) tell('no attribute of ours', one);
            if (/^(data-)?hx-/.test(name) && /^js:|canary|\\[/.test(value)) tell('htmx is to run something', one);
            if (!leads.test(name)) continue;
            let place;
            try { place = new URL(value, location.href) } catch { continue }
            const ours = place.origin === location.origin, picture = name === 'src' && place.protocol === 'data:';
            const followed = one.localName === 'a' && name === 'href' && /^(https?|mailto|tel):$/.test(place.protocol);
            if (!ours && !picture && !followed) tell('it leads out', one);
        }
    }
    return found;
}"""
# Of each string: whether a browser makes something of it that could sing, and what is found there.
PARSED = """(strings) => {
    const displaced = DISPLACED;
    return strings.map((string) => {
        const doc = new DOMParser().parseFromString(`<!doctype html><title>x</title><main>${string}`, 'text/html');
        const sings = [...doc.querySelectorAll('body *, head > :not(title)')].some((one) => one.localName === 'script'
            || [...one.attributes].some(({ name, value }) => /canary/.test(name + value)
                && !/title|^(id|style)$/.test(name) && value[0] !== '`'
                && !(one.localName === 'a' && name === 'href' && /^https?:|^[/]{2}/.test(value))));
        return [sings, displaced(doc)];
    });
}"""


class Watch:
    """One page in one browser, and everything that should not happen there."""

    def __init__(self, page, url: str):
        self.page, self.url, self.where, self.wrong = page, url, "", set()
        page.add_init_script(WATCHED)
        page.on("dialog", lambda dialog: (self.tell(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.tell(f"a script of ours fell over: {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)

    def without_looks(self, yes: bool) -> None:
        """Whether a text stays a text does not hang on its looks, and these cost half of the time."""
        tools = self.page.context.new_cdp_session(self.page)
        tools.send("Network.enable")
        tools.send("Network.setBlockedURLs", {"urls": ["*.css", "*.woff2"] if yes else []})

    def tell(self, what: str) -> None:
        self.wrong.add(f"{self.where}: {what}")

    def _said(self, message) -> None:
        if "canary" in message.text or "Content Security Policy" in message.text:
            self.tell(message.text[:300])

    def _asked(self, request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.tell(f"asked for {request.url[:200]}")

    def open(self, path: str, *keys: str, status: int = 200) -> None:
        self.where = path
        answer = self.page.goto(self.url + path)
        if answer.status != status:
            self.tell(f"answered {answer.status}")
        if "/login/" in self.page.url and "/login/" not in path:
            self.tell("it was not shown: the way in was")
        for key in keys:
            self.page.keyboard.press(key)
        self.look()

    def look(self) -> None:
        try:
            for found in self.page.evaluate(f"({DISPLACED})(document)"):
                self.tell(found)
        except sync_api.Error as gone:
            self.tell(f"it led away: {gone.message[:100]}")


@pytest.fixture
def hostile_rows(asgi_server, furnished) -> None:
    beside(asgi_server, "tests.browser.hostile")


def test_hostile_text_in_every_field_is_text_on_every_page(asgi_server, browse, furnished, hostile_rows):
    assert len(xss()) == len(set(xss())) >= 120
    watch = Watch(browse("sam", "/healthz"), asgi_server.url)
    watch.without_looks(True)
    for who, paths in {**PAGES, "ada": (*ADMIN, *models(furnished))}.items():
        sign_in(watch.page, asgi_server, who)
        for path in share(paths, 2, begin=1):  # test_axe opens the others
            watch.open(path.format(**furnished), status=404 if "/accounts/" in path else 200)
    watch.without_looks(False)
    sign_in(watch.page, asgi_server, "sam")
    for path, keys, opened in OPENED:  # what a script of ours draws
        watch.open(path.format(**furnished), *keys.split())
        watch.page.locator(opened).first.wait_for()
        watch.look()
    assert not watch.wrong, f"{len(watch.wrong)}:\n" + "\n".join(sorted(watch.wrong))


def test_the_watch_sees_what_it_is_for(asgi_server, browse):
    """Each of the strings that a browser makes something of is noticed, and so is what it would do."""
    page = browse("sam", "/healthz")
    parsed = page.evaluate(PARSED.replace("DISPLACED", DISPLACED), list(xss()))
    live = [string for string, (sings, _found) in zip(xss(), parsed, strict=True) if sings]
    blind = [string for string, (sings, found) in zip(xss(), parsed, strict=True) if sings and not found]
    assert len(live) >= 100
    assert not blind, "\n".join(blind)
    watch = Watch(page, asgi_server.url)
    acts = {
        "<script>canary()</script>": "the canary sang",
        "<script>alert(1)</script>": "a dialog",
        "<script>nothing()</script>": "a script of ours fell over",
        "<img src=//canary.test/i.png>": "asked for http://canary.test/i.png",
        "<p style=color:red>": "Content Security Policy",
    }
    said: list[str] = []
    page.route("**/bad/", lambda route: route.fulfill(body=said[-1], content_type="text/html", headers=headers))
    for string, what in acts.items():
        headers = {"content-security-policy": "style-src 'self'"}
        said.append(f"<!doctype html><title>x</title><main>{string}")
        watch.open("/bad/")
        assert any(what in wrong for wrong in watch.wrong), f"{string} went unseen: {watch.wrong}"


def test_columns_without_prose_are_named_once_and_are_there():
    from django.apps import apps

    names = [name for some in hostile.NO_PROSE.values() for name in some.split()]
    columns = {f"{model._meta.label}.{one.name}" for model in apps.get_models() for one in model._meta.concrete_fields}
    assert len(names) == len(set(names)) and set(names) <= columns
    filled: dict[type[Model], list] = dict(hostile.texts())
    assert sum(len(fields) for fields in filled.values()) >= 80
