"""Mails as monitors, people and machines write them."""

from email.message import EmailMessage


def mail(subject: str = "Disk of db-07 is full", text: str = "91 % used", **headers: str) -> bytes:
    """A plain one; ``headers`` by their names with underscores, ``Message_ID``."""
    message = EmailMessage()
    message["From"] = headers.pop("From", "Nagios <nagios@mon.example>")
    message["To"] = "somebody-else@example.com"
    message["Subject"] = subject
    message["Message-ID"] = headers.pop("Message_ID", "<n1@mon.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


PROBLEM = mail("** PROBLEM Service Alert: web-01/HTTP is CRITICAL **", "Info: Socket timeout", Precedence="bulk")
RECOVERY = mail("** RECOVERY Service Alert: web-01/HTTP is OK **", "Info: 200", Message_ID="<n2@mon.example>")
