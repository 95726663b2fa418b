"""How much a text message may say, as telephones count. Pure.

A text in the alphabet of GSM 03.38 goes in parts of 153 septets (one alone: 160), every other in parts of 67 UTF-16
units (one alone: 70). Two of the former hold about as much as four of the latter: enough for what a call has to say.
"""

MOST, MOST_WIDE = 2 * 153, 4 * 67
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€\f")


def plainer(text: str) -> str:
    """Without a mark of ours that alone would make it wide."""
    plain = text.replace("…", "...")
    return plain if _is_plain(plain) else text


def over(text: str) -> int:
    """By how much it is too long; 0 or less if it fits."""
    if _is_plain(text):
        return len(text) + sum(letter in _TWICE for letter in text) - MOST
    return len(text.encode("utf-16-le", "replace")) // 2 - MOST_WIDE


def _is_plain(text: str) -> bool:
    return all(letter in _GSM or letter in _TWICE for letter in text)
