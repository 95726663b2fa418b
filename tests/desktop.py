"""A desktop of our own, as far as a browser needs one: it is told of notifications over D-Bus, and clicks on them.

Only a real click lets a service worker open a window, and a browser's tools have none for notifications. So the
browser gets a session bus, and on it this: ``org.freedesktop.Notifications``, as much of the protocol as it uses.
"""

import contextlib
import os
import socket
import struct
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
_CALL, _RETURN, _SIGNAL = 1, 2, 4
_PATH, _INTERFACE, _MEMBER, _REPLY_TO, _TO, _FROM, _SIGNATURE = 1, 2, 3, 5, 6, 7, 8


class Writer:
    """Values in D-Bus's own form: little-endian, each aligned to its size."""

    def __init__(self) -> None:
        self.raw = bytearray()

    def align(self, size: int) -> None:
        self.raw += bytes(-len(self.raw) % size)

    def number(self, value: int) -> "Writer":
        self.align(4)
        self.raw += struct.pack("<I", value)
        return self

    def text(self, value: str) -> "Writer":
        self.number(len(value.encode()))
        self.raw += value.encode() + b"\0"
        return self

    def signature(self, value: str) -> "Writer":
        self.raw += bytes([len(value)]) + value.encode() + b"\0"
        return self

    def texts(self, *values: str) -> "Writer":
        inner = Writer()
        for value in values:
            inner.text(value)
        self.number(len(inner.raw))
        self.raw += inner.raw
        return self


def message(kind: int, serial: int, fields: dict[int, object], signature: str = "", body: bytes = b"") -> bytes:
    if signature:
        fields = fields | {_SIGNATURE: signature}
    inner = Writer()
    for code, value in fields.items():
        inner.align(8)
        inner.raw.append(code)
        if code == _REPLY_TO:
            inner.signature("u").number(int(str(value)))
        elif code == _SIGNATURE:
            inner.signature("g").signature(str(value))
        else:
            inner.signature("o" if code == _PATH else "s").text(str(value))
    head = struct.pack("<BBBBIII", ord("l"), kind, 0, 1, len(body), serial, len(inner.raw)) + inner.raw
    return head + bytes(-len(head) % 8) + body


def fields_of(raw: bytes) -> dict[int, str]:
    """The header's texts; its array begins on a multiple of eight."""
    found: dict[int, str] = {}
    at = 0
    while at < len(raw):
        at += -at % 8
        code, kind = raw[at], raw[at + 2 : at + 2 + raw[at + 1]].decode()
        at += 3 + raw[at + 1]
        if kind == "g":
            at += 2 + raw[at]
            continue
        at += -at % 4
        (number,) = struct.unpack_from("<I", raw, at)
        at += 4
        if kind in ("s", "o"):
            found[code] = raw[at : at + number].decode()
            at += number + 1
    return found


@dataclass(frozen=True)
class Note:
    """A notification as the desktop was told of it. ``keys``: what says that the button of that name was pressed."""

    number: int
    title: str
    body: str
    keys: dict[str, str]


class Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def number(self) -> int:
        self.at += -self.at % 4
        (value,) = struct.unpack_from("<I", self.raw, self.at)
        self.at += 4
        return int(value)

    def text(self) -> str:
        length = self.number()
        value = self.raw[self.at : self.at + length].decode()
        self.at += length + 1
        return value

    def texts(self) -> list[str]:
        found, end = [], self.number()
        end += self.at
        while self.at < end:
            found.append(self.text())
        return found


class Desktop:
    """A session bus with this on it. ``notes``: what came, in order; a newer one may take an older one's number."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        command = [
            "dbus-daemon",
            "--session",
            "--nofork",
            "--nopidfile",
            f"--address={self.address}",
            "--print-address",
        ]
        self.daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.daemon.stdout is not None
        self.daemon.stdout.readline()
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(str(folder / "bus"))
        self.line.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        assert self.line.recv(200).startswith(b"OK")
        self.line.sendall(b"BEGIN\r\n")
        self.serial, self.lock = 0, threading.Lock()
        self.notes: list[Note] = []
        self._ask("Hello")
        self._ask("RequestName", "su", bytes(Writer().text(NAME).number(0).raw))
        threading.Thread(target=self._serve, daemon=True).start()

    def click(self, note: Note, button: str = "") -> None:
        """On the notification itself, or on one of its buttons."""
        body = bytes(Writer().number(note.number).text(note.keys[button] if button else "default").raw)
        self._send(_SIGNAL, {_PATH: PATH, _INTERFACE: NAME, _MEMBER: "ActionInvoked"}, "us", body)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()
        self.daemon.terminate()
        self.daemon.wait(30)

    def _send(self, kind: int, fields: dict[int, object], signature: str = "", body: bytes = b"") -> None:
        with self.lock:
            self.serial += 1
            self.line.sendall(message(kind, self.serial, fields, signature, body))

    def _ask(self, member: str, signature: str = "", body: bytes = b"") -> None:
        bus = {_PATH: "/org/freedesktop/DBus", _INTERFACE: "org.freedesktop.DBus", _MEMBER: member}
        self._send(_CALL, bus | {_TO: "org.freedesktop.DBus"}, signature, body)

    def _read(self, count: int) -> bytes:
        raw = b""
        while len(raw) < count:
            more = self.line.recv(count - len(raw))
            if not more:
                raise OSError("the bus is gone")
            raw += more
        return raw

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                _, kind, _, _, length, serial, fields = struct.unpack("<BBBBIII", self._read(16))
                told = fields_of(self._read(fields + -fields % 8)[:fields])
                body = self._read(length)
                if kind == _CALL:
                    self._answer(told, serial, Reader(body))

    def _answer(self, told: dict[int, str], serial: int, asked: Reader) -> None:
        signature, body = "", Writer()
        match told.get(_MEMBER):
            case "GetCapabilities":
                signature, body = "as", body.texts("body", "actions")
            case "GetServerInformation":
                signature = "ssss"
                for word in ("desktop", "baton", "1", "1.2"):
                    body.text(word)
            case "Notify":
                _program, number, _icon, title, text = (asked.text(), asked.number(), *(asked.text() for _ in range(3)))
                keys = asked.texts()
                note = Note(number or len(self.notes) + 1, title, text, dict(zip(keys[1::2], keys[::2], strict=True)))
                signature, body = "u", body.number(note.number)
                self.notes.append(note)
        self._send(_RETURN, {_REPLY_TO: serial, _TO: told[_FROM]}, signature, bytes(body.raw))
