"""Who is meant by an @."""

import pytest

from incidents.models import mentions
from incidents.models.mentions import Known

PEOPLE = [
    Known(1, "Ana Ruiz", "ana@example.com"),
    Known(2, "Ana Ruiz-Gómez", "a.gomez@example.com"),
    Known(3, "Jo  Okafor", "jo@example.com"),
    Known(4, "Jo", "jo.two@example.com"),
    Known(5, "Sam Reyes", "sam@example.com"),
    Known(6, "Sam Reyes", "sam.reyes@example.com"),
]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@Ana Ruiz, look", [1]),
        ("@ana ruiz look", [1]),
        ("(@ana)", [1]),
        ("@Ana\nRuiz", [1]),
        ("@Ana Ruiz-Gómez", [2]),  # the longest
        ("@a.gomez.", [2]),
        ("@Jo Okafor", [3]),
        ("@jo?", [3, 4]),  # the one's address, the other's name
        ("@Jolanda", []),  # no part of a word
        ("@Sam Reyes", [5, 6]),  # both are called so
        ("@sam.reyes", [6]),
        ("@Jo Okafor and @Ana Ruiz and @jo okafor", [3, 1]),
        ("ana@example.com", []),  # an address
        ("@@ana", []),
        ("@", []),
        ("@ Ana Ruiz", []),
        ("@nobody", []),
        ("@ana.kovac, look", []),  # nobody of that name: not Ana, who would see it from then on
        ("@sam.reyes.old", []),
        ("@ana.", [1]),
        ("@ana's and @jo.two@example.com", [1, 4]),
    ],
)
def test_who_is_meant(text, meant):
    assert mentions.found(text, PEOPLE) == meant
    assert mentions.asks(text) or not meant


def test_a_name_that_is_empty_means_nobody():
    assert mentions.found("@x", [Known(1, "  ", "@example.com")]) == []
