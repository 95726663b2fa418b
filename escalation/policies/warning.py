"""What an admin is told at once when a change leaves a step without anybody."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import validation


def warn_of_empty_steps(request: HttpRequest) -> None:
    """A change of people may leave a step without anybody; say so at once, not at night."""
    for step in validation.empty_steps():
        messages.warning(
            request,
            _("Step %(step)s of “%(policy)s” now calls nobody and would be skipped.")
            % {"step": step, "policy": step.policy},
        )
