"""Where somebody goes on to, by the word of whoever sent them: a page of this installation, or nowhere."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def is_inside(request: HttpRequest, wanted: str) -> bool:
    """A path from the root. Another word could be taken for a view's name, or lead to beside the page it came from."""
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return allowed and wanted.startswith("/")
