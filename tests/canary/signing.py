"""People who come in by whatever is a secret, and doors that break while somebody shows a key at them."""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.canary.singing import Echo

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
# Without these nobody is known by what they show.
BROKEN = ("oncall_feed", "incidents_sourcekey", "people_apitoken", "people_session", "signin_invitation")


class Browser:
    """Keeps cookies and sends forms as a page has them."""

    def __init__(self, url: str, *follows: type):
        self.url, self.jar = url, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), *follows)
        self.here, self.page, self.led_to = "", b"", ""

    def get(self, path: str, form: bytes | None = None) -> int:
        headers = {"Referer": self.url + path} if form is not None else {}
        try:
            with self.opener.open(urllib.request.Request(self.url + path, form, headers), timeout=30) as answer:
                self.here, self.page = urlsplit(answer.url).path, answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            self.page, self.led_to = answer.read(), answer.headers.get("Location", "")
            return answer.code

    def send(self, **said: str) -> int:
        """The form of the page that is open."""
        token = _TOKEN.search(self.page.decode())
        assert token, self.page[-2000:]
        return self.get(self.here, urlencode({"csrfmiddlewaretoken": token[1], **said}).encode())

    def cookie(self, name: str) -> str:
        return next(str(one.value) for one in self.jar if one.name == name)


def sign_in(url: str, email: str, password: str, *codes: str) -> Browser:
    """With a password, and then with the last of these codes: the ones before it are wrong."""
    browser = Browser(url)
    browser.get("/login/")
    browser.send(username=email, password=password)
    for code in codes:
        assert browser.here == "/login/second/", browser.here
        browser.send(code=code)
    assert browser.here not in ("/login/", "/login/second/"), browser.page[-2000:]
    return browser


def everybody_comes_in(url: str, secrets: dict[str, str], told: dict[str, Any], code_of: Callable[[str], str]) -> None:
    """An app, a recovery code, an invitation and a link for a new password are each used. Adds the sessions' keys."""
    ana, password = "ana@example.com", secrets["password"]
    by_app = sign_in(url, ana, password, secrets["wrongcode"], code_of(secrets["app"]))
    by_paper = sign_in(url, ana, password, secrets["recovery"])
    secrets |= {"session by app": by_app.cookie("sessionid"), "session by paper": by_paper.cookie("sessionid")}
    guest = Browser(url)
    assert guest.get(f"/invitation/{secrets['invitation']}/") == 200
    chosen = {"password1": secrets["chosen"], "password2": secrets["chosen"]}
    guest.send(name="Nia Brand", time_zone="UTC", **chosen)
    assert guest.here == "/login/", guest.page[-2000:]
    late = Browser(url)
    assert late.get(f"/password/new/{told['whose']}/{secrets['link']}/") == 200
    late.send(new_password1=secrets["anew"], new_password2=secrets["anew"])
    assert late.here == "/password/new/done/", late.page[-2000:]
    late.get("/password/forgotten/")
    late.send(email=ana)


def by_another_systems_word(url: str, secrets: dict[str, str], echo: Echo) -> list[tuple[str, bytes]]:
    """To the provider and back with a code; it quotes what it was shown with it."""
    browser = Browser(url, _Stays)
    browser.get("/login/openid/")
    [state] = re.findall(r"[?&]state=([\w-]+)", browser.led_to)
    assert browser.get(f"/login/openid/back/?code={secrets['code']}&state={state}") == 502
    assert echo.was_shown(secrets["BATON_OIDC_CLIENT_SECRET"]) and echo.was_shown(secrets["code"])
    return [("the page of who comes back", browser.page)]


class _Stays(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else."""

    def redirect_request(self, *_said: Any) -> None:
        return None


@contextmanager
def broken(database: Any) -> Iterator[None]:
    """Whoever shows a key finds an installation that cannot look it up."""
    for table in BROKEN:
        database.change(f"ALTER TABLE {table} RENAME TO away_{table}", [()])
    yield
    for table in BROKEN:
        database.change(f"ALTER TABLE away_{table} RENAME TO {table}", [()])


def code_of(secret: str) -> str:
    """The app's next one: that of now was shown when it was set up."""
    from escalation.signin.factors import codes

    return codes.code_at(secret, int(time.time()) // codes.PERIOD + 1)
