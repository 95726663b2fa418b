#!/usr/bin/env python
"""Django's command line for Baton."""

import os
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python must say so, not fail on a later line
        sys.exit("Baton needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting is missing or wrong: the sentence says it, no traceback does
        sys.exit(str(error))
