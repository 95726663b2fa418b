"""Addresses in what people write: those that can be followed, and nothing else."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r"https?://[^\s<>\"'\x00-\x1f]+", re.IGNORECASE)


def linked(text: str) -> SafeString:
    """Escaped text in which http and https addresses, and nothing else, can be followed."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        url = found.group().rstrip(".,;:!?)]}»”")
        parts += [escape(text[end : found.start()]), _anchor(url)]
        end = found.start() + len(url)
    return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 every part is escaped above


def _anchor(url: str) -> str:
    return f'<a class="link" href="{escape(url)}" rel="noopener noreferrer nofollow">{escape(url)}</a>'


def is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))
