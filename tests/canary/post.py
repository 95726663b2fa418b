"""Mails for a source whose key is its address: in envelopes, headers and texts, in each coding that programs write."""

import base64
import smtplib
import socket
from email.message import EmailMessage
from typing import Literal

DOMAIN = "in.example"
CODINGS: tuple[Literal["7bit", "base64", "quoted-printable"], ...] = ("7bit", "base64", "quoted-printable")


class Post:
    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.settings = {"BATON_MAIL_LISTEN": f"127.0.0.1:{self.port}", "BATON_MAIL_DOMAIN": DOMAIN}

    def brings(self, key: str) -> None:
        to = f"{key}@{DOMAIN}"
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            for coding in CODINGS:
                client.sendmail(f"bounces+1-{key}={DOMAIN}@mon.example", [to], mail(to, coding))
            client.docmd(f"RCPT:<{to}>")  # no command


def mail(to: str, coding: Literal["7bit", "base64", "quoted-printable"]) -> bytes:
    """It says in its text and in its subject to whom it was sent."""
    message = EmailMessage()
    message["Return-Path"] = f"<bounces+1-{to.replace('@', '=')}@mon.example>"
    message["From"] = "Nagios <nagios@mon.example>"
    message["To"] = to
    message["Subject"] = f"Disk of {coding}, as was told to SUBJECT"
    message.set_content(
        f"91 % used. You get this as {to}, by https://mon.example/?to={to.replace('@', '%40')}\n", cte=coding
    )
    coded = base64.b64encode(f" SUBJECT is {to}".encode()).decode()
    return message.as_bytes().replace(b"SUBJECT", f"=?utf-8?b?{coded}?=".encode())
