"""Mail is picked up from a real IMAP server, by a real process."""

import grp
import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.incidents.mail_kit import PROBLEM, RECOVERY, mail
from tests.incidents.test_mail_processes import MAKE, Post, free_port
from tests.parts import missing_part
from tests.processes import Baton, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(180),
]

CONFIG = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
{users}
first_valid_uid = 1
mail_location = maildir:{home}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""
PASSWORD = "secret/word"  # in an address it is encoded


class Dovecot:
    """A mailbox for everybody who knows the password."""

    def __init__(self, home: Path):
        self.home, self.port = home, free_port()
        root = os.getuid() == 0  # who has no mail, and does not serve it
        me = pwd.getpwuid(os.getuid())
        group = grp.getgrgid(me.pw_gid).gr_name
        mine = (
            f"default_internal_user = {me.pw_name}\ndefault_internal_group = {group}\ndefault_login_user = {me.pw_name}"
        )
        owner = pwd.getpwnam("nobody") if root else me
        words = {"home": home, "users": "" if root else mine, "port": self.port, "password": PASSWORD}
        (home / "conf").write_text(CONFIG.format(**words, uid=owner.pw_uid, gid=owner.pw_gid))
        home.chmod(0o755)
        (home / "mail").mkdir()
        if root:
            shutil.chown(home / "mail", owner.pw_uid, owner.pw_gid)

    def start(self) -> None:
        command = [shutil.which("dovecot") or "/usr/sbin/dovecot", "-F", "-c", str(self.home / "conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, why="the IMAP server did not come up")

    def _answers(self) -> bool:
        try:
            self.talk().logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def talk(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login("baton", PASSWORD)
        client.select("INBOX")
        return client

    def delivers(self, raw: bytes, *, to: str) -> None:
        client = self.talk()
        assert client.append("INBOX", "", None, f"Delivered-To: {to}\r\n".encode() + raw)[0] == "OK"
        client.logout()

    def found(self, which: str) -> int:
        client = self.talk()
        number = len(client.uid("SEARCH", which)[1][0].split())
        client.logout()
        return number

    def forgets_what_was_read(self) -> None:
        client = self.talk()
        client.store("1:*", "-FLAGS", r"(\Seen)")
        client.logout()


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    if shutil.which("dovecot") is None and not Path("/usr/sbin/dovecot").exists():
        missing_part("an IMAP server", "install dovecot-imapd")
    home = Path(tempfile.mkdtemp(prefix="dovecot-"))
    server = Dovecot(home)
    try:
        server.start()
        yield server
    finally:  # also if it did not come up
        server.stop()
        shutil.rmtree(home)


@pytest.fixture
def post(tmp_path, dovecot) -> Iterator[Post]:
    box = {
        "BATON_IMAP_URL": f"imap://baton:secret%2Fword@127.0.0.1:{dovecot.port}/INBOX",
        "BATON_IMAP_SECONDS": "0.3",
        "BATON_MAIL_DOMAIN": "in.example",
    }
    with Baton(tmp_path, **box) as baton:
        key = baton.manage("shell", "-v", "0", "-c", MAKE).strip().rpartition("key=")[2]
        yield Post(baton, 0, key)


@pytest.mark.sqlite_enough
def test_unread_mail_is_picked_up_once_whatever_dies_in_between(post, dovecot):
    dovecot.delivers(PROBLEM, to=post.to)
    problem = "** PROBLEM Service Alert: web-01/HTTP is CRITICAL **"
    wait_for(lambda: post.incidents() == [(problem, False)], why="it was not picked up")
    dovecot.delivers(RECOVERY, to=post.to.upper())
    wait_for(lambda: post.incidents() == [(problem, True)], why="the recovery was not picked up")
    wait_for(lambda: dovecot.found("UNSEEN") == 0, why="what is kept is not marked as read")
    assert dovecot.found("FLAGGED") == 0

    dovecot.forgets_what_was_read()  # as if it had died before it could mark them
    wait_for(lambda: dovecot.found("UNSEEN") == 0, why="what was read again is not marked")
    assert (post.receipts(), len(post.incidents())) == (2, 1)

    dovecot.delivers(mail("For somebody", Message_ID="<n8@mon.example>"), to="ana@in.example")
    wait_for(lambda: dovecot.found("FLAGGED") == 1, why="what is for nobody is not set aside")
    post.baton.kill("mailbox")
    dovecot.stop()
    time.sleep(2)  # it looks, and nobody is there
    dovecot.start()
    dovecot.delivers(mail("Disk of db-07", Message_ID="<n9@mon.example>"), to=post.to)
    wait_for(lambda: len(post.incidents()) == 2, why="it was not picked up after the server was away")
    assert post.receipts() == 3
    assert PASSWORD not in post.baton.output, "no log says the password"
