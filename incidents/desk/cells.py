"""What a row of the queue can show, in the order it shows it."""

from django.utils.translation import gettext_lazy

COLUMNS = {
    "service": gettext_lazy("Service"),
    "tier": gettext_lazy("Tier"),
    "path": gettext_lazy("Path"),
    "holder": gettext_lazy("Holder"),
    "opened": gettext_lazy("Opened"),
    "people": gettext_lazy("People affected"),
    "attempts": gettext_lazy("Attempts"),
    "hands": gettext_lazy("Hands-on"),
    "promise": gettext_lazy("Promise"),
    "call": gettext_lazy("Next call"),
}
USUAL = ("service", "path", "holder", "call")
