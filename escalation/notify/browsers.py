"""What a person would call the browser they sit at: for a label they can tell it by. Pure."""

# The first that is found: many say the others' names too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def called(user_agent: str) -> str:
    """``Firefox on Android``; what is not known is left out."""
    found = (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))
    return " on ".join(name for name in found if name)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in table if mark in text), "")
