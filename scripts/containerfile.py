"""Carries out deploy/Containerfile where there is no container engine: every step in a clean root, and then what it
made, as its user, with a root that cannot be written. Needs bubblewrap and a Debian with Python's venv module.

    python scripts/containerfile.py [--keep FOLDER]

Not done are the steps that install Debian packages and make the user, since the root shares this machine's /usr: they
are named. The user is number 10001 all the same, in a user namespace. Ends with 0 if the container's own health check
passes, pages answer, and SIGTERM ends it within the time it has; the last line is one JSON object.
"""

import argparse
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "deploy" / "Containerfile"
HOME = "/var/lib/baton"
OF_THE_BASE = ("apt-get", "groupadd")  # it is this machine's
OF_THIS_MACHINE = ("ssl", "resolv.conf", "hosts", "xdg", "localtime")  # in /etc
MUST_NOT_BE_THERE = ("**/.env*", "**/*.sqlite3*", "**/.vapid.key", "**/.git", "**/.demo*", "**/tests/stories")
STOP_SECONDS = 30
LOOK = """
import urllib.request
with urllib.request.urlopen("http://127.0.0.1:8000/login/") as page:
    assert b".css" in page.read() and page.headers["X-Request-ID"]
"""


@dataclass
class Image:
    """What a stage has come to."""

    root: Path
    env: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/base/bin:/usr/local/bin:/usr/bin:/bin", "HOME": "/root"}
    )
    folder: str = "/"
    user: str = "0:0"
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def words(self, *, sealed: bool = False) -> list[str]:
        """bwrap's, to be in it. ``sealed``: as it is run, its root cannot be written."""
        uid, _colon, gid = self.user.partition(":")
        words = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-user", "--uid", uid, "--gid", gid or uid]
        words += ["--ro-bind" if sealed else "--bind", str(self.root), "/", "--ro-bind", "/usr", "/usr"]
        for name in OF_THIS_MACHINE:
            words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--clearenv", "--chdir", self.folder]
        if sealed:
            words += ["--bind", str(self.root / HOME[1:]), HOME, "--ro-bind", str(self.root / "run"), "/run"]
        for name, value in self.env.items():
            words += ["--setenv", name, value]
        return words

    def run(self, command: Sequence[str], **env: str) -> None:
        more = [word for name, value in env.items() for word in ("--setenv", name, value)]
        done = subprocess.run([*self.words(), *more, *command], check=False)
        if done.returncode:
            fail(f"this step failed: {shlex.join(command)}")


def fail(why: str) -> NoReturn:
    print(json.dumps({"ok": False, "why": why}))
    sys.exit(1)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip():
            name, _space, rest = line.strip().partition(" ")
            yield name, rest.strip()


def fresh(folder: Path) -> Image:
    """A root with nothing in it but this machine's /usr: its Python is the base image's."""
    for name in ("base/bin", "root", "usr", "etc", "opt", "var/lib", "run/secrets", "proc", "dev", "tmp"):
        (folder / name).mkdir(parents=True)
    for name in OF_THIS_MACHINE:  # places to put them
        here = folder / "etc" / name
        here.mkdir() if Path("/etc", name).is_dir() else here.touch()
    for name in ("bin", "lib", "lib64", "sbin"):
        (folder / name).symlink_to(f"usr/{name}")
    (folder / "base/bin/python").symlink_to("/usr/bin/python3")
    return Image(folder)


def copied(rest: str, image: Image, stages: dict[str, Image]) -> None:
    words = rest.split()
    source_root = ROOT
    if words[0].startswith("--from="):
        source_root = stages[words.pop(0).removeprefix("--from=")].root
    *sources, target = words
    for source in sources:
        if source_root == ROOT and not is_let_in(source):
            fail(f"{source} is kept out by .containerignore")
        found = source_root / source.lstrip("/")
        place = image.root / os.path.normpath(os.path.join(image.folder, target)).lstrip("/")
        if found.is_dir():
            shutil.copytree(
                found,
                place,
                symlinks=True,
                ignore=shutil.ignore_patterns("__pycache__") if source_root == ROOT else None,
            )
        else:
            place = place / found.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, place)


def is_let_in(source: str) -> bool:
    let_in = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]
    return any(source == one or source.startswith(f"{one}/") for one in let_in)


def built(scratch: Path) -> tuple[Image, list[str]]:
    """The last stage, and the steps that were not done."""
    stages: dict[str, Image] = {}
    image, left_out = None, []
    handed_in = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    for name, rest in instructions(FILE.read_text()):
        print(f"{name} {rest[:100]}", flush=True)
        if name == "FROM":
            image = fresh(scratch / f"stage-{len(stages)}")
            stages[rest.split(" AS ")[1] if " AS " in rest else f"stage-{len(stages)}"] = image
        elif name == "ENV":
            image.env.update(pair.split("=", 1) for pair in shlex.split(rest))
        elif name == "WORKDIR":
            image.folder = rest
            (image.root / rest[1:]).mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            copied(rest, image, stages)
        elif name == "RUN" and rest.startswith(OF_THE_BASE):
            left_out.append(rest.split("&&")[0].strip())
        elif name == "RUN":
            image.run(["/bin/sh", "-c", rest], **handed_in)
        elif name == "USER":
            image.user = rest
        elif name == "VOLUME":
            (image.root / rest[1:]).mkdir(parents=True, exist_ok=True, mode=0o700)
        elif name in ("ENTRYPOINT", "CMD"):
            setattr(image, "entry" if name == "ENTRYPOINT" else "command", json.loads(rest))
        elif name == "HEALTHCHECK":
            image.health = json.loads(rest[rest.index("CMD ") + 4 :])
        elif name not in ("ARG", "EXPOSE", "STOPSIGNAL"):
            fail(f"what does {name} do?")
    if "ENV PATH=/opt" in FILE.read_text():
        image.env["PATH"] = image.env["PATH"] + ":/base/bin"  # the base's Python is elsewhere here
    return image, left_out


def tried(image: Image) -> dict[str, float]:
    """Set up, start, ask for its health, stop."""
    found = [str(file) for pattern in MUST_NOT_BE_THERE for file in (image.root / "opt").glob(pattern)]
    if found:
        fail(f"this must not be in an image: {found[:5]}")
    (image.root / "run/secrets/secret_key").write_text(secrets.token_urlsafe(48) + "\n")
    image.env["SECRET_KEY_FILE"] = "/run/secrets/secret_key"
    inside = image.words(sealed=True)
    answers = [
        "--address=http://127.0.0.1:8000",
        "--team=Desk",
        "--service=Shop",
        "--name=Ada",
        "--email=ada@example.com",
    ]
    set_up = [
        *inside,
        "--setenv",
        "BATON_ADMIN_PASSWORD",
        secrets.token_urlsafe(12),
        *image.entry,
        "setup",
        "--no-input",
    ]
    if subprocess.run([*set_up, *answers], stdout=subprocess.DEVNULL, check=False).returncode:
        fail("setup failed")
    if "SECRET_KEY" in (image.root / HOME[1:] / ".env").read_text():
        fail("setup wrote a second key beside the one that it was handed")
    told, tell = os.pipe()
    begun = time.monotonic()
    words = [inside[0], "--as-pid-1", "--info-fd", str(tell), *inside[1:], *image.entry, *image.command]
    process = subprocess.Popen(words, pass_fds=(tell,))
    os.close(tell)
    pid = json.loads(os.fdopen(told).read())["child-pid"]
    try:
        while subprocess.run([*inside, *image.health], capture_output=True, check=False).returncode:
            if process.poll() is not None or time.monotonic() - begun > 120:
                fail("it does not become healthy")
            time.sleep(0.5)
        healthy = time.monotonic() - begun
        if subprocess.run([*inside, "python", "-c", LOOK], check=False).returncode:
            fail("no page answers")
        if (
            subprocess.run(
                [*inside, "/bin/sh", "-c", "touch /opt/baton/x"], capture_output=True, check=False
            ).returncode
            == 0
        ):
            fail("its root can be written")
        begun = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        code = process.wait(STOP_SECONDS)
        return {"healthy_seconds": round(healthy, 1), "stop_seconds": round(time.monotonic() - begun, 1), "code": code}
    finally:
        process.kill()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--keep", type=Path, help="leave the roots in this folder")
    scratch = asked.parse_args().keep or Path(tempfile.mkdtemp(prefix="baton-image-"))
    try:
        image, left_out = built(scratch)
        result = tried(image)
    finally:
        if not asked.parse_args().keep:
            shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps({"ok": result["code"] == 0, **result, "not_done": left_out}))
    sys.exit(0 if result["code"] == 0 else 1)


if __name__ == "__main__":
    main()
