"""``python -m tests.openid_provider <where the client comes back> <database>``: prints its address, and serves."""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

from tests.openid_provider import CLIENT, PEOPLE, SECRET, new_key


def configure(database: str) -> None:
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback
    settings.configure(
        SECRET_KEY="the-provider-of-the-tests-and-nobody-else-0123456789",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.openid_provider.pages",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "tests.openid_provider.pages.Counting",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        SESSION_COOKIE_NAME="provider",  # cookies do not tell ports apart
        CSRF_COOKIE_NAME="provider_csrf",
        LOGIN_URL="/who/",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": new_key(),
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "who", "email": "where", "profile": "how they are called"},
            "OAUTH2_VALIDATOR_CLASS": "tests.openid_provider.saying.Saying",
        },
    )


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def serve() -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    for name in PEOPLE:
        get_user_model().objects.create(username=name)
    Application.objects.create(
        client_id=CLIENT,
        client_secret=SECRET,
        redirect_uris=sys.argv[1],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
    )
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    configure(sys.argv[2])
    django.setup()
    serve()
