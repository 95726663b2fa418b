"""``baton``: the desk from a terminal, or from a script.

The commands are nouns and verbs, made from the installation's description: ``baton incidents acknowledge 42``. Those
that one needs most have short names too: ``baton ack 42``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from . import showing
from ._api import Client
from ._operations import OPERATIONS
from .commands import NULL, Operation
from .errors import BatonError, Changed, Invalid, NotAllowed, NotFound, NotSignedIn, Refused, Unreachable
from .transport import UNSET

ALIASES = {
    "show": "incidents show",
    "open": "incidents create",
    "ack": "incidents acknowledge",
    "escalate": "incidents escalate",
    "note": "incidents note",
    "resolve": "incidents resolve",
    "handover": "incidents hand-over",
    "hold": "incidents hold",
    "oncall": "oncall now",
    "people": "catalogue people",
    "services": "catalogue services",
}
EXITS = """exit codes:
  0  done
  1  refused: it cannot be done as things are (or nothing more fitting below)
  2  not understood: a wrong word, or a value that is not valid
  3  not allowed, or not signed in
  4  not there, or not for you
  5  no answer, or trouble at the other end"""
MANY = 100  # of a list, unless all are asked for


class Wrong(Exception):
    """What is missing before anything can be asked."""


def main(typed: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if typed is None else typed)
    parser = _parser()
    given = parser.parse_args(_in_full(words))
    operation: Operation | None = getattr(given, "operation", None)
    if operation is None:
        parser.print_help()
        return 2
    try:
        answer = _ask(_baton(given), operation, given)
        showing.show(answer, operation, as_json=_for_programs(given))
    except Wrong as wrong:
        return _say(str(wrong), 2)
    except BatonError as error:
        for line in showing.refusal(error):
            print(line, file=sys.stderr)
        return _code(error)
    except BrokenPipeError:  # whoever read it has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
    return 0


def _for_programs(given: argparse.Namespace) -> bool:
    return bool(getattr(given, "json", False))


def _say(text: str, code: int) -> int:
    print(f"baton: {text}", file=sys.stderr)
    return code


def _code(error: BatonError) -> int:
    codes: list[tuple[tuple[type[BatonError], ...], int]] = [
        ((Refused, Changed), 1),
        ((Invalid,), 2),
        ((NotAllowed, NotSignedIn), 3),
        ((NotFound,), 4),
        ((Unreachable, BatonError), 5),
    ]
    return next(code for kinds, code in codes if isinstance(error, kinds))


# --- what was typed -------------------------------------------------------------------------------


def _in_full(words: list[str]) -> list[str]:
    """With short names written out, and “list” where a noun stands alone."""
    at = next((n for n, word in enumerate(words) if not word.startswith("-") and words[n - 1 : n] != ["--url"]), None)
    if at is None:
        return words
    known = {one.spoken for one in OPERATIONS}
    noun, rest = words[at], words[at + 1 :]
    follows = rest[0] if rest else ""
    if f"{noun} {follows}" in known:
        return words
    if noun in ALIASES:
        return [*words[:at], *ALIASES[noun].split(), *rest]
    if f"{noun} list" in known and (not follows or (follows.startswith("-") and follows not in ("-h", "--help"))):
        return [*words[:at], noun, "list", *rest]
    return words


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", help="print what came back, for programs")
    common.add_argument("--url", help="where Baton is; else BATON_URL")
    short = "\n".join(f"  {name:<10} {meant}" for name, meant in ALIASES.items())
    parser = argparse.ArgumentParser(
        prog="baton",
        description="Baton from a terminal. BATON_URL says where, BATON_TOKEN (or BATON_TOKEN_FILE) who you are.",
        epilog=f"short names:\n{short}\n\n{EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    nouns = parser.add_subparsers(title="nouns", metavar="NOUN")
    for noun in dict.fromkeys(one.noun for one in OPERATIONS):
        mine = [one for one in OPERATIONS if one.noun == noun]
        verbs_of = ", ".join(one.verb.replace("_", "-") for one in mine)
        branch = nouns.add_parser(noun.replace("_", "-"), help=verbs_of, parents=[common])
        verbs = branch.add_subparsers(title="verbs", metavar="VERB", required=True)
        for operation in mine:
            _add(verbs, operation, common)
    return parser


def _add(verbs: Any, operation: Operation, common: argparse.ArgumentParser) -> None:
    summary = operation.summary.replace("%", "%%")
    parser = verbs.add_parser(
        operation.verb.replace("_", "-"), help=summary, description=summary, epilog=EXITS, parents=[common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(operation=operation)
    for word in operation.words:
        if not (operation.pages and word.name == "cursor"):
            word.add_to(parser)
    if operation.pages:
        parser.add_argument("--all", action="store_true", help=f"every one, not only the first {MANY}")
    if operation.matches:
        parser.add_argument("--if-match", help="the ETag of the state you saw; refused if it is another")


# --- what is asked --------------------------------------------------------------------------------


def _baton(given: argparse.Namespace) -> Client:
    url = getattr(given, "url", None) or os.environ.get("BATON_URL", "")
    token = os.environ.get("BATON_TOKEN", "").strip()
    if not token and (file := os.environ.get("BATON_TOKEN_FILE", "")):
        try:
            token = Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Wrong(f"BATON_TOKEN_FILE cannot be read: {error}") from None
    if not url:
        raise Wrong("Say where Baton is: BATON_URL=https://baton.example.com, or --url.")
    if not token:
        raise Wrong("Say who you are: BATON_TOKEN=… (make one on your page “API tokens”).")
    try:
        return Client(url, token)
    except ValueError as error:
        raise Wrong(str(error)) from None


def _ask(baton: Client, operation: Operation, given: argparse.Namespace) -> Any:
    arguments: dict[str, Any] = {}
    words: list[Any] = []
    for word in operation.words:
        value = getattr(given, word.python, None)
        if word.place == "path":
            words.append(value)
        elif value is not None:
            arguments[word.python] = None if value is NULL else value
        elif word.place in ("body", "said") and not word.required:
            arguments[word.python] = UNSET
    if operation.matches and given.if_match:
        arguments["if_match"] = given.if_match
    noun = getattr(baton, operation.noun)
    if operation.pages and (given.all or not _for_programs(given)):
        return _many(noun, operation, words, arguments, most=None if given.all else MANY)
    return getattr(noun, operation.verb)(*words, **arguments)


def _many(noun: Any, operation: Operation, words: list[Any], arguments: dict[str, Any], *, most: int | None) -> Any:
    """A list's items, and whether there are more."""
    each = getattr(noun, "each" if operation.verb == "list" else f"each_{operation.verb}")
    found = each(*words, **arguments)
    items = list(islice(found, most))
    more = most is not None and next(found, None) is not None
    return {"items": items, "more": more}


if __name__ == "__main__":
    sys.exit(main())
