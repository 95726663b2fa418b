"""The table: asks everything of everybody, says what it found amiss, and reads and writes ``matrix.txt``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import doors, ready
from .addresses import Address, found
from .asking import Answer, Asked, Asking, plain
from .bodies import Filling
from .scene import Scene
from .sight import COLUMNS, CONFIGURATION, ROLES, hidden_from

FILE = Path(__file__).with_name("matrix.txt")
HEAD = """\
# Who gets which answer. Made by `python -m tests.matrix.write`; to be read by somebody each time it changes.
#
# A column for each role: nobody is signed in; an agent and a supervisor of the team North, and those of South; somebody
# invited into what is restricted; an admin and an auditor, who are in no team; somebody whose account has ended.
# Of which things it is asked: n, North's or the agent's own; s, South's or its agent's own; r, restricted to others of
# North, or a colleague's own; x, none. Of what is there sometimes only: n, while it is; x, otherwise. A letter for
# each, in this order:
#   +  answered      >  done, or led on      l  led to signing in      !  refused as it was asked, or as things are
#   -  is not there  x  may not              m  not by this method     k  a key is missing or wrong
#   =  heard, and nothing was done: chats are told so by another way      .  not asked: as for the agent
# What opens over an incident's page is asked for as a script does, all else as a page.
#
"""
WIDTHS = 7
MAY_DIFFER = {"ann": "nsrx", "nora": "nsr", "bea": "ns", "sue": "ns", "ivy": "nr", "ada": "nsrx", "otto": "nsrx"}
SAY_HOW_IT_IS = ("readyz", "healthz")  # 503: no process runs here
# Beside the doors: what these show is for the key's owner; and a letter, in the demonstration, is as its reader has it.
BY_KEY = ("feed-", "answer-link", "answer-button", "password_reset_confirm", "letter")
OWNER = {"n": "ann", "s": "bea", "r": "pat"}
# Of two of these pairs one each is asked, in turn, where not everybody is.
IN_TURN = (("nobody", "gus"), ("nora", "ivy"), ("bea", "sue"), ("ada", "otto"))
AS_AGENTS = ("nora", "bea", "sue", "ivy")  # in the admin pages, which know admins and others
# What is an auditor's own, which they change as everybody does: how they sign in, how they are reached, what is kept
# for them alone. The beginnings of names.
AUDITORS_OWN = (
    "log",
    "password_",
    "preferences",
    "token",
    "calendar",
    "absences",
    "feed-",
    "reach-",
    "queue-view",
    "follow",
    "signing-in",
    "session",
    "factor-",
    "account_reauthenticate",
    "proof-",
    "passkey-sign-in",
    "unfollow",
)
KEPT_BY_DOORS = {"incidents_refusedmessage"}  # what came by a good key and could not be read, for admins to see
ON_RECORD = ("incident-evidence",)  # that somebody took it along, auditors, too


@dataclass
class Row:
    address: Address
    method: str
    slots: str
    cells: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        cells = " ".join(f"{cell:{WIDTHS}}" for cell in self.cells)
        return f"{self.method:6} {self.address.path:62} {self.slots:4}  {cells}".rstrip()

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.address.path


def addresses(*begins: str) -> list[tuple[Address, str]]:
    """Each address with each of its methods; those that begin so."""
    everything = [(address, method) for address, methods in found().items() for method in methods]
    return [one for one in everything if not begins or one[0].path.startswith(begins)]


def part(n: int, parts: int) -> list[tuple[Address, str]]:
    """One of so many equal parts of all addresses, with all their methods."""
    return [(address, method) for address in list(found())[n::parts] for method in found()[address]]


def rows(scene: Scene, asked: list[tuple[Address, str]], troubles: list[str], *, thin: bool = False) -> Iterator[Row]:
    """Asks; what is amiss is said in ``troubles``. ``thin``: not every role, but agents and a quarter of the others."""
    filling, asking = Filling(scene), Asking(scene)
    for n, (address, method) in enumerate(asked):
        row = Row(address, method, filling.slots(address))
        for role in ROLES:
            slots = _asked_of(row, role) if not thin or role in _thinned(row, n) else ""
            requests = {slot: _request(filling, row, role, slot) for slot in slots}
            answers = {slot: asking.ask(role, asked) for slot, asked in requests.items()}
            letters = [_letter(row, answers[slot]) if slot in answers else "." for slot in row.slots]
            row.cells.append("".join(letters))
            for slot, one in answers.items():
                troubles += _amiss(asking, filling.scene, row, role, slot, requests[slot], one)
            troubles += _tells_apart(row, role, answers)
        yield row


def _letter(row: Row, answer: Answer) -> str:
    vain = row.address.name in ready.CHATS and ready.ANSWERED not in answer.wrote
    return "=" if vain and answer.letter == "+" else answer.letter


def _thinned(row: Row, n: int) -> tuple[str, ...]:
    """Agents; and of two pairs one each, at the next method of the same address of the other two."""
    if doors.is_one(row.address):  # they know keys, and nobody
        return ("ann", "nobody")
    return ("ann", *(pair[n // 2 % 2] for pair in IN_TURN[n % 2 :: 2]))


def _asked_of(row: Row, role: str) -> str:
    """Of which things: each role of those that could differ for it. Who has no way in is asked once; and where an
    address does not know the method, one agent is."""
    if row.cells[1:] and set(row.cells[1]) == {"m"}:
        return ""
    if role in ("nobody", "gus"):
        return row.slots[:1]
    if row.address.path.startswith("/admin/"):
        return "" if role in AS_AGENTS else row.slots if role == "ada" else row.slots[:1]
    return "".join(slot for slot in row.slots if slot in MAY_DIFFER[role])


def _request(filling: Filling, row: Row, role: str, slot: str) -> Asked:
    path = filling.path(row.address, slot, row.method)
    # What opens over an incident's page is asked for as its script does: without the page below it.
    by_script = row.address.path.startswith("/incidents/<number>/") and row.address.name not in ("incident", "file")
    headers = {"HX-Request": "true", "HX-Target": "dialog"} if by_script else {}
    if doors.is_one(row.address):
        headers = doors.headers(filling.scene, row.address, slot)
    body = filling.body(row.address, row.method, slot)
    first = ready.of(filling.scene, row.address.name, row.method, role, slot)
    return Asked(row.method, path, body, row.address.is_api, headers, first)


def _amiss(asking: Asking, scene: Scene, row: Row, role: str, slot: str, asked: Asked, answer: Answer) -> Iterator[str]:
    who = f"{asked.method} {asked.path} as {COLUMNS[role]}"
    named = {int(number) for number in re.findall(r"\d+", asked.path + str(asked.body))}
    opens = row.address.name.startswith(BY_KEY) or "key" in row.address.words or doors.is_one(row.address)
    by_key = opens and row.address.name not in ready.CHATS
    reader = _reader(row, role, slot, by_key=by_key)
    if amiss := hidden_from(reader, answer.text, scene.refs, named):
        yield f"{who} ({answer.status}) shows {sorted(amiss)}"
    if answer.status >= 500 and row.address.name not in SAY_HOW_IT_IS:
        yield f"{who}: {answer.status} {answer.why}"
    refused = answer.status >= 400
    wrote = answer.wrote - (KEPT_BY_DOORS if doors.is_one(row.address) else set())
    if wrote and refused and asking.ask(role, asked, look=wrote).changed:
        yield f"{who} ({answer.status}) is refused, and changes {sorted(wrote)}"
    is_theirs = by_key or row.address.name.startswith((*AUDITORS_OWN, *ON_RECORD)) or _letter(row, answer) == "="
    if role == "otto" and answer.wrote and not refused and row.method != "GET" and not is_theirs:
        yield f"{who} ({answer.status}) changes {sorted(answer.wrote)}"


def _reader(row: Row, role: str, slot: str, *, by_key: bool) -> str:
    """For whom it is shown: the owner of a key; and an auditor reads the configuration record as admins do."""
    if by_key:
        return OWNER.get(slot, role)
    return "ada" if role == "otto" and row.address.name.startswith(CONFIGURATION) else role


def _tells_apart(row: Row, role: str, answers: dict[str, Answer]) -> Iterable[str]:
    """What is not there for somebody is told like what is not there at all."""
    none = answers.get("x")
    if none is None or none.status != 404:
        return
    nothing = plain(none.text)
    for slot, answer in answers.items():
        if slot != "x" and answer.status == 404 and plain(answer.text) != nothing:
            yield f"{row.method} {row.address.path} as {COLUMNS[role]}: {slot} is told apart from what is not there"


# --- the file ---------------------------------------------------------------------------------


def write(told: Iterable[Row]) -> None:
    """These rows anew, and the others as they were; in the order of the addresses."""
    lines = read() | {row.key: row.line for row in told}
    heads = " ".join(f"{COLUMNS[role]:{WIDTHS}}" for role in ROLES)
    keys = [(method, address.path) for address, method in addresses()]
    all_of_them = [f"# {'':4} {'':62} {'':4}  {heads}".rstrip(), *(lines[key] for key in keys if key in lines)]
    FILE.write_text(HEAD + "\n".join(all_of_them) + "\n")


def read() -> dict[tuple[str, str], str]:
    """Each line by its method and path."""
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    return {(line.split()[0], line.split()[1]): line for line in lines}


def differs(row: Row, line: str) -> bool:
    """Whether something that was asked is answered otherwise than a line of the table says."""
    told = line.split()[2:]  # its things, and a cell for each role
    if len(told) != len(row.cells) + 1 or told[0] != row.slots:
        return True
    pairs = zip("".join(row.cells), "".join(told[1:]), strict=True)
    return any(now not in (".", before) for now, before in pairs)
