"""What the command line knows of an operation: its noun, its verb, and the words that it takes."""

from __future__ import annotations

import argparse
import json
import mimetypes
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .transport import File


@dataclass(frozen=True)
class Word:
    """One argument. ``place``: path, query, body, file, or said (what somebody writes, which needs no name).

    ``kind``: text, number, either (a number, or a name), yes, json, file; or several: texts, numbers.
    """

    python: str
    name: str
    place: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()
    help: str = ""

    @property
    def flag(self) -> str:
        return "--" + self.python.rstrip("_").replace("_", "-")

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        told = self.help.replace("%", "%%")
        read = _READERS.get(self.kind, _text)
        options: dict[str, Any] = {"help": told, "type": read}
        if self.choices:
            options["choices"] = [read(one) for one in self.choices]
        if self.place == "path":
            parser.add_argument(self.python, **options)
        elif self.place == "said":
            parser.add_argument(self.python, nargs=None if self.required else "?", **options | {"help": told + SAID})
        elif self.kind == "yes":
            parser.add_argument(self.flag, dest=self.python, action=argparse.BooleanOptionalAction, help=told)
        else:
            several = {"action": "append"} if self.kind.endswith("s") else {}
            parser.add_argument(self.flag, dest=self.python, required=self.required, **options, **several)


@dataclass(frozen=True)
class Operation:
    noun: str
    verb: str
    summary: str
    words: tuple[Word, ...] = ()
    pages: bool = False
    matches: bool = False
    gives: str = "json"

    @property
    def spoken(self) -> str:
        """As it is typed."""
        return f"{self.noun} {self.verb}".replace("_", "-")


NULL = object()  # “null” was typed: there is to be none
SAID = " (- reads it from what is piped in)"


def _text(typed: str) -> str:
    return sys.stdin.read().rstrip("\n") if typed == "-" else typed


def _either(typed: str) -> Any:
    return _number(typed) if typed.isdecimal() or typed == "null" else typed


def _json(typed: str) -> Any:
    try:
        found = json.loads(typed)
        return NULL if found is None else found
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{typed!r} is no JSON: {error}") from None


def _number(typed: str) -> Any:
    if typed == "null":
        return NULL
    try:
        return int(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{typed!r} is no number") from None


def _file(typed: str) -> File:
    try:
        content = Path(typed).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{typed}: {error.strerror}") from None
    kind, _encoding = mimetypes.guess_type(typed)
    return File(Path(typed).name, content, kind or "application/octet-stream")


_READERS = {
    "text": _text,
    "texts": _text,
    "number": _number,
    "numbers": _number,
    "either": _either,
    "json": _json,
    "file": _file,
}
