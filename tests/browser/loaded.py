"""What the servers of these tests have in common: the desk and its templates, loaded by whoever imports this.

That takes longer than most tests do, so it is done once, and each server is forked from there.
Nothing is begun here that a fork would not take along: no thread, no connection.
"""

from pathlib import Path

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.template import engines
from django.urls import get_resolver
from uvicorn.loops import auto  # noqa: F401
from uvicorn.protocols.http import auto as http  # noqa: F401
from uvicorn.protocols.websockets import auto as websockets  # noqa: F401

get_asgi_application()
get_resolver().url_patterns  # noqa: B018
templates = Path(settings.BASE_DIR, "templates")
for template in templates.rglob("*.html"):
    engines["django"].get_template(str(template.relative_to(templates)))
