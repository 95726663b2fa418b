"""What in a text says who and where, however it is written; and what does not."""

import pytest

from incidents.learning.anonymous import Hit, Kind, Names, Person, hidden, telltale

PEOPLE = [
    Person(1, "Ana Ruiz", "ana.ruiz@example.com", took_part=True),
    Person(2, "Jürgen Müller-Groß", "jmuller@example.com"),
    Person(3, "Will Grant", "will@example.com", took_part=True),
    Person(4, "田中 美咲", "misaki@example.com"),
    Person(5, "Søren O'Brien", "soren@example.com", handles=("sobrien7",)),
    Person(6, "Payments Bot", "payments@example.com"),
    Person(7, "Jo Stone", "jo@example.com", took_part=True),
    Person(8, "Kim Doe", "kim@example.com"),
    Person(9, "Ed de Souza More", "ed@example.com"),
]
NAMES = Names(PEOPLE, ["Payments", "Card Gateway"])


def left(text: str) -> list[tuple[str, str]]:
    return [(hit.was, hit.kind.value) for hit in NAMES.found(text)]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Ana Ruiz took it", "Ana Ruiz"),
        ("ANA RUIZ", "ANA RUIZ"),
        ("ask ana", "ana"),
        ("Ana's fix, ana’s fix", "Ana"),
        ("ruiz, ana", "ruiz, ana"),
        ("Ána Rüíz", "Ána Rüíz"),
        ("A\u0301na did", "A\u0301na"),  # an accent of its own
        ("(ANA)", "ANA"),
        ("jurgen muller said", "jurgen muller"),
        ("Jurgens Server", "Jurgens"),
        ("JÜRGEN", "JÜRGEN"),
        ("Gross sah es", "Gross"),
        ("Will Grant restarted", "Will Grant"),
        ("田中さんが再起動した", "田中"),
        ("O'Brien's laptop", "O'Brien"),
        ("soren obrien", "soren obrien"),
        ("by sobrien7 again", "sobrien7"),
        ("jmuller did", "jmuller"),
        ("@Ana Ruiz please", "@Ana Ruiz"),
        ("tell @ana.ruiz", "@ana.ruiz"),
        ("ask ana.ruiz", "ana.ruiz"),
        ("Then Ana Ruiz.Restarted it", "Ana Ruiz.Restarted"),
        ("it was down.Ana fixed it", "down.Ana"),
        ("Ana-42 did", "Ana-42"),
        ("ana-laptop-7 was off", "ana-laptop-7"),
        ("AnaRuiz did", "AnaRuiz"),
        ("by ruizana", "ruizana"),
        ("Ana, ruiz@example.com", "Ana, ruiz@example.com"),
    ],
)
def test_a_name_is_found_however_it_is_written(text, who):
    people = [hit for hit in NAMES.found(text) if hit.person is not None or hit.kind is Kind.PERSON]
    assert people and people[0].was == who, NAMES.found(text)
    assert telltale(text, NAMES, 42)


@pytest.mark.parametrize(
    "text",
    [
        "we will restart it, and grant access",
        "Will it hold? A banana, anatomy, Analysis, the ruins",
        "the payments of the shop go through a bot",
        "40 people, 1,900 in all; 12 minutes, SEV2, L2, version 4.18.2, 25 %",
        "e.g. this, i.e. that; and/or",
        "it does so; de facto, the next tier knows more, an old edition",
        "",
    ],
)
def test_what_only_looks_like_one_stays(text):
    assert [one for one in left(text) if one[1] in ("person", "handle", "email", "link", "number", "record")] == []
    assert telltale(text, NAMES, 42) == []


@pytest.mark.parametrize("text", ["kim knows it", "jo tried", "muller’s fix"])
def test_what_everybody_is_about_to_read_has_no_name_in_small_letters_either(text):
    assert telltale(text, NAMES, 42) == [text.split()[0].removesuffix("’s")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail ana.ruiz@example.com.", ("ana.ruiz@example.com", "email")),
        ("mail nobody@elsewhere.org", ("nobody@elsewhere.org", "email")),
        ("see https://wiki.example.com/x?token=1, and", ("https://wiki.example.com/x?token=1", "link")),
        ("on db-prod-03", ("db-prod-03", "machine")),
        ("on pay01.internal.example.com:", ("pay01.internal.example.com", "machine")),
        ("10.0.3.17:8080 is down", ("10.0.3.17:8080", "machine")),
        ("fe80::1 no; 2001:db8:0:1:2:3:4:5 yes", ("2001:db8:0:1:2:3:4:5", "machine")),
        ("as in INC-42", ("INC-42", "record")),
        ("call +49 170 1234567", ("+49 170 1234567", "number")),
        ("order 1234567 hangs", ("1234567", "number")),
        ("the CARD gateway and Payments", ("CARD gateway", "service")),
    ],
)
def test_where_is_found_by_its_form(text, found):
    assert found in left(text)


@pytest.mark.parametrize("text", ["INC-42", "inc 042", "Incident 42", "#42", "inc-42's"])
def test_the_incidents_number_tells_it_however_it_is_written(text):
    assert telltale(text, NAMES, 42)
    assert not telltale(text.replace("42", "421"), NAMES, 42)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The ticket portal is slow", "The service is slow"),
        ("Ticket portal is slow", "The service is slow"),
        ("It is the ticket portal again. Ticket portal!", "It is the service again. The service!"),
        ("ticket portal is slow", "the service is slow"),
        ("See ticket portal", "See the service"),
    ],
)
def test_what_stands_instead_is_written_as_the_sentence_wants_it(text, said):
    assert hidden(text, Names([], ["Ticket portal"]), lambda _hit: "the service")[0] == said


def test_each_place_is_replaced_once_and_the_rest_stays():
    def instead(hit: Hit) -> str:
        return {1: "the first responder"}.get(hit.person or 0, f"[{hit.kind.value}]")

    text = "Ana Ruiz restarted db-prod-03; @ana.ruiz wrote <b>jo</b> of it to ana.ruiz@example.com"
    plain, done = hidden(text, NAMES, instead)
    first = "the first responder"
    assert plain == f"The first responder restarted [machine]; {first} wrote <b>jo</b> of it to {first}"
    assert [was for was, _now in done] == ["Ana Ruiz", "db-prod-03", "@ana.ruiz", "ana.ruiz@example.com"]
    assert NAMES.found(plain) == []


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["a", "a-", "a.", "1 ", "@a", "Ana ", "Ana", "http://", "\u0301", "0:", "inc-", "İ"])
def test_a_long_text_of_whatever_is_read_in_time(part):
    text = part * (10_000 // len(part))
    plain, _done = hidden(text, NAMES, lambda hit: "x")
    assert telltale(plain, NAMES, 42) is not None
