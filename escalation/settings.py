"""Settings: one file, everything from the environment (see docs/settings.md).

``BATON_DEMO=1`` is the demonstration: its own database, a key of its own, loopback only.
Without it this is a production installation and the secure defaults hold; what the
environment does not say is read from ``.env`` in BATON_HOME, which `manage.py setup` writes.
"""

import math
import re
import socket
import sys
import warnings
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from escalation.kit import databases, logs
from escalation.kit.environment import Environment
from escalation.kit.ready import is_collected

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.str("BATON_HOME", default=str(BASE_DIR)))  # where the database and keys live
ENV_FILE = Path(env.str("BATON_ENV_FILE", default=str(HOME / ".env")))

_command = sys.argv[1] if len(sys.argv) > 1 else ""
DEMO = env.bool("BATON_DEMO", default=_command == "demo")
if not DEMO:  # the demonstration must never meet a real installation's database or mail server
    env.read_env(str(ENV_FILE))
    if env.bool("BATON_DEMO", default=False):
        del env.ENVIRON["BATON_DEMO"]  # Django may load this file a second time
        raise ImproperlyConfigured("BATON_DEMO stands in .env. The demonstration is `make demo`; take it out.")
env.demo = DEMO
DEBUG = env.bool("BATON_DEBUG", default=False)
HOST_NAME = env.str("BATON_HOST", default=socket.gethostname())[:64]  # sets this host apart from others
ROLE = env.str("BATON_ROLE", default="")  # set by `manage.py up`: web, timers, general


def _kept_key() -> str:
    """The demonstration's key: made once, kept beside its database."""
    from django.core.management.utils import get_random_secret_key

    file = HOME / ".demo.key"
    if not file.exists():
        file.write_text(get_random_secret_key())
        file.chmod(0o600)
    return file.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if DEMO:
        SECRET_KEY = _kept_key()
    elif _command in ("setup", "makemigrations", "collectstatic"):  # setup writes the lasting key; none signs anything
        SECRET_KEY = "signs-nothing"  # noqa: S105
    else:
        raise ImproperlyConfigured("SECRET_KEY is not set. `manage.py setup` writes one into .env for you.")

# Former keys, while one is being replaced: what was sealed or signed with them can still be read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SEALING_KEYS = env.sealing_keys()  # what secrets in the database are sealed with; none: SECRET_KEY

ADDRESS = env.str("BATON_ADDRESS", default="http://127.0.0.1:8000").rstrip("/")  # as people type it
SECURE = ADDRESS.startswith("https://")
_host = ADDRESS.split("://", 1)[-1].split("/", 1)[0]
# Further names come beside these: whoever adds one does not lose the address that people type.
ALLOWED_HOSTS = [_host.rsplit(":", 1)[0], "127.0.0.1", "localhost", *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [ADDRESS]

INSTALLED_APPS = [
    "escalation.signin.terminal",  # its commands come before Django's of the same name
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "template_partials",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "escalation.kit",
    "escalation.people",
    "escalation.trail",
    "escalation.signin",
    "escalation.oncall",
    "escalation.notify",
    "escalation.policies",
    "escalation.engine",
    "incidents",
]

MIDDLEWARE = [
    "incidents.inbound.middleware.door_first",  # machines pass by all that is meant for people
    "escalation.kit.views.AliveMiddleware",
    "escalation.kit.addresses.AddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "incidents.status.middleware.public_first",  # anybody reads it: no cookie, no session
    "incidents.api.middleware.api_first",  # programs show a token, never a session
    "django.contrib.sessions.middleware.SessionMiddleware",
    "escalation.people.sessions.SeenMiddleware",
    "escalation.kit.views.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "escalation.kit.numbered.WhoMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "escalation.signin.proof.ProofMiddleware",
    "incidents.desk.middleware.ZoneMiddleware",
    "incidents.desk.middleware.OwnDeedsMiddleware",
    "incidents.desk.middleware.RefusalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "escalation.urls"
ASGI_APPLICATION = "escalation.asgi.application"
WSGI_APPLICATION = "escalation.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "incidents.desk.context.desk",
                "incidents.demo.context.demo",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

# --- database ---------------------------------------------------------------------------------
_database_file = HOME / ("demo.sqlite3" if DEMO else "baton.sqlite3")
_database_url = f"sqlite:///{_database_file}"  # the demonstration's always; its passwords are public
DATABASES = {"default": env.db_url_config(_database_url) if DEMO else env.db("DATABASE_URL", default=_database_url)}
_db = DATABASES["default"]
if not (_db.get("NAME") and _db.get("ENGINE")):
    raise ImproperlyConfigured("DATABASE_URL names no database. It looks like postgres://user:password@host/name.")
if not DEMO and str(_db["NAME"]).endswith("demo.sqlite3"):
    raise ImproperlyConfigured("demo.sqlite3 is the demonstration's database. Production needs one of its own.")
_db.update(databases.options(_db["ENGINE"], is_web=ROLE == "web", said=_db.get("OPTIONS")))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "cues"
LOGOUT_REDIRECT_URL = "login"

# --- signing in (see escalation/signin/__init__.py) --------------------------------------------
PASSWORD_HASHERS = [
    "escalation.signin.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # older ones: hashed anew when their owner signs in
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
ACCOUNT_ADAPTER = "escalation.signin.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # the address is the account's, and an admin has written it
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
ADMIN_SECOND_FACTOR = env.bool("BATON_ADMIN_SECOND_FACTOR", default=not DEMO)  # admins cannot do without
OPENID = env.openid()  # another system by whose word people may sign in; None: there is none
OPENID_ONLY = env.only_openid(OPENID)  # and in no other way
ACCOUNT_RATE_LIMITS = False  # allauth counts in a process's memory; escalation.signin.guessing in the database

PROOF_MINUTES = max(1.0, env.float("BATON_PROOF_MINUTES", default=15))  # so long a proof that it is you is fresh

# --- words and times --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["escalation.kit.formats"]

# --- static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(HOME / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
_collected = not DEMO and (_command == "collectstatic" or is_collected(STATIC_ROOT, BASE_DIR / "static"))
WHITENOISE_USE_FINDERS = not _collected  # a fresh clone runs without collectstatic
if not _collected:
    warnings.filterwarnings("ignore", message="No directory at")  # whitenoise looks for STATIC_ROOT all the same
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "escalation.kit.collected.Collected"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- security ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_ENGINE = "escalation.people.sessions"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = False  # a redirected POST loses its body: leave http to the proxy
SILENCED_SYSTEM_CHECKS = ["security.W008"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
PROXIES = env.int("BATON_PROXIES", default=1) if env.bool("BEHIND_PROXY", default=False) else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "incidents.desk.middleware.csrf_refused"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # pages; the intake reads its own bodies

# --- mail -------------------------------------------------------------------------------------
EMAIL_CONFIG = (
    env.email_url_config("dummymail://") if DEMO else env.email_url("EMAIL_URL", default="smtp://127.0.0.1:25")
)
vars().update(EMAIL_CONFIG)
# How long one talk with a mail server may take; a delivery's lease is three times as long.
SEND_SECONDS = env.float("BATON_SEND_SECONDS", default=10)
# The pauses after a delivery's first, second … failure; after the last one it has failed for good.
RETRY_SECONDS = env.list("BATON_RETRY_SECONDS", cast=float, default=[5, 15, 60, 300, 300])
# A service that does not answer is tried again after the first, second … pause; from then on after the last one.
PROBE_SECONDS = env.list("BATON_PROBE_SECONDS", cast=float, default=[30, 60, 120, 300])
if not PROBE_SECONDS or sorted(PROBE_SECONDS) != PROBE_SECONDS or not all(0 < one < math.inf for one in PROBE_SECONDS):
    raise ImproperlyConfigured("BATON_PROBE_SECONDS names no pauses in seconds, shortest first, as 30,60,120,300 does.")
EMAIL_TIMEOUT = SEND_SECONDS
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default=f"Baton <baton@{_host.rsplit(':', 1)[0]}>")

# Alerts by mail: where to listen for them (empty: nowhere), for which domain, and with which certificate.
MAIL_LISTEN = "" if DEMO else env.str("BATON_MAIL_LISTEN", default="").strip()
MAIL_DOMAIN = env.str("BATON_MAIL_DOMAIN", default="").strip() or _host.rsplit(":", 1)[0]
IMAP_URL = "" if DEMO else env.str("BATON_IMAP_URL", default="").strip()  # or from which mailbox they are picked up
if IMAP_URL and not re.fullmatch(r"imaps?://[^:@/\s]+:[^@/\s]+@[^@/\s]+(/\S*)?", IMAP_URL):
    raise ImproperlyConfigured("BATON_IMAP_URL is no imaps://user:password@host/folder.")
IMAP_SECONDS = env.float("BATON_IMAP_SECONDS", default=30)
MAIL_CERT, MAIL_CERT_KEY = env.str("BATON_MAIL_CERT", default=""), env.str("BATON_MAIL_CERT_KEY", default="")


# --- channels ---------------------------------------------------------------------------------
SMS, VOICE = env.gateway("SMS"), env.gateway("VOICE")
SMS_REPLY_KEY, SMS_REPLY_FIELDS = env.door_key("SMS_REPLY_KEY"), env.fields("SMS_REPLY_FIELDS")
SLACK_TOKEN, SLACK_SIGNING_SECRET = env.channel("SLACK_TOKEN"), env.channel("SLACK_SIGNING_SECRET")
MATTERMOST_WEBHOOK = env.channel("MATTERMOST_WEBHOOK")
MATTERMOST_URL, MATTERMOST_TOKEN = env.channel("MATTERMOST_URL").rstrip("/"), env.channel("MATTERMOST_TOKEN")
MATTERMOST_BUTTONS = bool(MATTERMOST_WEBHOOK or MATTERMOST_TOKEN) and env.bool(
    "BATON_MATTERMOST_BUTTONS", default=False
)
TELEGRAM_TOKEN, TELEGRAM_SECRET = env.channel("TELEGRAM_TOKEN"), env.door_key("TELEGRAM_SECRET")
NTFY_URL, NTFY_TOKEN = env.channel("NTFY_URL"), env.channel("NTFY_TOKEN")
WEBHOOK_SECRET = env.channel("WEBHOOK_SECRET").replace(",", " ").split()  # the new one first while there are two
VAPID_KEY = env.str("BATON_VAPID_KEY", default="").strip()  # else from its file: see escalation/notify/vapid.py
APPRISE_SCHEMAS = env.channel("APPRISE_SCHEMAS").casefold().replace(",", " ").split()

# --- events for other systems ------------------------------------------------------------------
A_CENTURY = 36_500.0  # days; longer is for ever, and no date
WEBHOOK_SECONDS = min(20.0, env.float("BATON_WEBHOOK_SECONDS", default=15))  # for one talk; a task has 60
WEBHOOK_DAYS = min(
    A_CENTURY, max(0.0, env.float("BATON_WEBHOOK_DAYS", default=30))
)  # for so long is kept what was sent

# --- what came in ------------------------------------------------------------------------------
# Its text is kept for so long; the record is not its matter.
RECEIPT_DAYS = min(A_CENTURY, max(0.0, env.float("BATON_RECEIPT_DAYS", default=90)))

# --- anchors: what the record was, kept and signed outside of the database ----------------------
ANCHOR_DIRS = [] if DEMO else env.list("BATON_ANCHOR_DIR", default=[])  # none: in HOME, see trail/anchors/making

# --- the engine -------------------------------------------------------------------------------
# Times a person may want to change; the demonstration runs them at a pace one can watch.
OFFER_MINUTES = env.float("BATON_OFFER_MINUTES", default=5)
# How long a minute of a policy or a heartbeat lasts. Less than 60 only for rehearsals and end-to-end tests.
POLICY_MINUTE_SECONDS = env.float("BATON_POLICY_MINUTE_SECONDS", default=60)
FILE_MB = max(4, env.int("BATON_FILE_MB", default=10))  # of one file; a source's message needs about as much
FILES_MB = env.int("BATON_FILES_MB", default=100)  # of all files of an incident
ALL_FILES_MB = env.int("BATON_ALL_FILES_MB", default=2000)
CLOSE_DAYS = env.float("BATON_CLOSE_DAYS", default=7)
TEST_DAYS = env.float("BATON_TEST_DAYS", default=7)  # so long it counts that a way was seen to reach its person
# For so long after a message to somebody the next ones by that channel gather, to leave as one. 0: each alone.
BUNDLE_SECONDS = env.float("BATON_BUNDLE_SECONDS", default=15)
# Messages to one person in an hour, and to everybody in a second; by channel.
LIMIT_PER_PERSON, LIMIT_PER_SECOND = env.limits("BATON_LIMIT_PER_PERSON"), env.limits("BATON_LIMIT_PER_SECOND")
# So many in a minute, messages from sources or new incidents, and everybody is told of a storm.
STORM_MESSAGES = env.int("BATON_STORM_MESSAGES", default=300)
STORM_INCIDENTS = env.int("BATON_STORM_INCIDENTS", default=20)
AUDIT_SECONDS = env.float("BATON_AUDIT_SECONDS", default=60)  # from one audit, and anchor, to the next
if not 0 < AUDIT_SECONDS <= 60:  # what is said of audits that stay away counts on one a minute
    raise ImproperlyConfigured("BATON_AUDIT_SECONDS is to be more than 0, and 60 at most.")
BEAT_SECONDS = env.float("BATON_BEAT_SECONDS", default=10)  # what is silent for some of these hangs
STANDBY_SECONDS = env.float("BATON_STANDBY_SECONDS", default=0.5)

Q_CLUSTER = {
    "name": "general",
    "orm": "default",
    "workers": 2,
    "timeout": 60,
    "retry": 90,
    "max_attempts": 3,
    "ack_failures": True,
    "save_limit": -1,  # above 0 every save reads all successes
    "queue_limit": 8,
    "bulk": 1,
    "poll": 0.25,
    "catch_up": False,
    "broker_class": "escalation.engine.brokers.StandbyBroker",
    "ALT_CLUSTERS": {
        "timers": {
            "workers": 1,
            "poll": 1.0,  # nobody queues here: its work is the timekeeper's
            "scheduler": False,
            "broker_class": "escalation.engine.brokers.TimerBroker",
        },
    },
}

# Optional: the general cluster's queue in Redis. Every package in it is a hint; what matters is in the database.
REDIS_URL = env.str("BATON_REDIS_URL", default="")
if REDIS_URL:
    Q_CLUSTER["broker_class"] = "escalation.engine.redis_queue.RedisStandbyBroker"

# --- watching -----------------------------------------------------------------------------------
WATCH_TOKEN = env.str("BATON_WATCH_TOKEN", default="")  # whoever shows it may read the numbers
DEADMAN_URL = env.str("BATON_DEADMAN_URL", default="")  # asked every minute while the audit is green
OUTBOUND_ALLOW = env.list("BATON_OUTBOUND_ALLOW", default=[])  # inner hosts that may be talked to
BACKUP_DAYS = env.float("BATON_BACKUP_DAYS", default=None)  # a copy older than so many is a problem; 0: none is

SECRET_FILES = env.files()  # which nobody else may read, see escalation/kit/checks.py

LOG = env.choice("BATON_LOG", logs.FORMS)  # the form of a line
LOGGING = logs.configured(LOG, env.str("LOG_LEVEL", default="WARNING"))
