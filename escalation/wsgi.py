"""The WSGI application, for whoever serves the pages without live streams (``manage.py runserver``)."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
application = get_wsgi_application()
import_string("escalation.engine.notices.keep")()  # what every page must say is looked up beside the requests
