"""A real OpenID provider, in a process of its own: django-oauth-toolkit, with PKCE demanded and each token signed.

It believes whoever says a name. ``PEOPLE``: what it says of them.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parents[2]
CLIENT, SECRET = "baton", "what-only-the-two-know"
PEOPLE = {
    "ana": {"email": "Ana@example.com", "email_verified": True, "name": "Ana Ruiz", "groups": ["baton"]},
    "ada": {"email": "ada@example.com", "email_verified": True, "name": "Ada Lund", "groups": ["baton"]},
    "eve": {"email": "ada@example.com", "email_verified": False, "name": "Eve", "groups": ["baton"]},
    "new": {"email": "nia@example.com", "email_verified": True, "name": "Nia Brand", "groups": ["baton"]},
    "out": {"email": "ola@example.com", "email_verified": True, "name": "Ola", "groups": ["others"]},
}


def new_key() -> str:
    shape = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return rsa.generate_private_key(65537, 2048).private_bytes(*shape).decode()


@contextmanager
def running(comes_back: str, folder: Path) -> Iterator[SimpleNamespace]:
    """The provider, for one client that comes back there."""
    command = [sys.executable, "-m", "tests.openid_provider", comes_back, str(folder / "provider.sqlite3")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            issuer = process.stdout.readline().strip()
            assert issuer.startswith("http://127.0.0.1:"), "it did not come up"
            yield SimpleNamespace(issuer=issuer)
        finally:
            process.terminate()


def asked(issuer: str) -> dict[str, int]:
    """How often it was asked for its description and for its keys."""
    counted = requests.get(f"{issuer}/asked/", timeout=20).json()
    return {name: counted.get(f"/.well-known/{name}", 0) for name in ("openid-configuration", "jwks.json")}


def tell_of_proofs(issuer: str, how: str) -> None:
    """From now on it says of when somebody proved who they are: ``rightly``, ``stale`` (an hour ago) or ``never``."""
    requests.post(f"{issuer}/auth-time/", {"how": how}, timeout=20).raise_for_status()


def signs_in(address: str, who: str) -> str:
    """What a browser does there: where it is sent back to."""
    browser = requests.Session()
    page = browser.get(address, timeout=20)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    form = {"who": who, "csrfmiddlewaretoken": token}
    answer = browser.post(page.url, form, allow_redirects=False, timeout=20)
    end = time.monotonic() + 20
    while "code=" not in answer.headers["Location"] and "error=" not in answer.headers["Location"]:
        assert time.monotonic() < end
        answer = browser.get(requests.compat.urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
    return answer.headers["Location"]
