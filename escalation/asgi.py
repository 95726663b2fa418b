"""The ASGI application: pages, the intake and the live streams."""

import os
import warnings

from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
# whitenoise hands static files over as plain iterators; they are small, so reading them whole is fine.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = get_asgi_application()
import_string("escalation.engine.notices.keep")()  # what every page must say is looked up beside the requests
