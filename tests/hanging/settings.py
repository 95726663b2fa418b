"""The product's settings, with the trap set."""

from escalation.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.hanging.apps.Hanging"]  # noqa: F405
