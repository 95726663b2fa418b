"""Settings of the test suite: the product's own, with a key, fast hashing and no real mail."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("BATON_ENV_FILE", os.devnull)  # not the one of an installation in this folder
os.environ.setdefault("SECRET_KEY", "only-for-tests-and-long-enough-to-be-no-warning-0123456789")
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("STATIC_ROOT", os.devnull)  # static files as they are in the source, whatever was collected

from escalation.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ADMIN_SECOND_FACTOR = False  # most stories about admins are about what they configure

CACHES = {"default": {"BACKEND": "tests.kept.OnTheClock"}}

PROOF_MINUTES = 24 * 60.0  # a slow machine is not made to sign in again

WHITENOISE_AUTOREFRESH = True  # look for a static file when it is asked for; else each client lists them all at first

HOME = Path(tempfile.mkdtemp(prefix="baton-home-"))  # not this folder: the journal of what was sent is kept there
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

OPTIONS = DATABASES["default"]["OPTIONS"]  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file: threads and processes meet in it as they do in production. Nobody pulls the plug on a test.
    OPTIONS["init_command"] = OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir(), f"baton-tests-{os.getpid()}.sqlite3"))}  # noqa: F405
else:
    # A test is one transaction, and thinks between its questions: on a busy machine for longer than a worker may.
    OPTIONS["options"] += " -c idle_in_transaction_session_timeout=60000"
