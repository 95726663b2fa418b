"""The ASGI application: pages, the intake and the live streams."""

import os
import warnings

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from escalation.kit.bounded import Bound, bounded
from escalation.kit.numbered import numbered

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
# whitenoise hands static files over as plain iterators; they are small, so reading them whole is fine.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
# A file with the form around it; a source's message is smaller. Here, since nothing else comes before the whole body.
_whole = Bound((settings.FILE_MB + 2) * 1024 * 1024)
_of_programs = import_string("incidents.api.limits.bound")
application = numbered(bounded(get_asgi_application(), lambda path: _of_programs(path) or _whole))
import_string("escalation.engine.notices.keep")()  # what every page must say is looked up beside the requests
