"""What is delivered to run Baton: each file is what its program takes, says what we promise, and holds no secret."""

import re
import runpy
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from escalation.kit.environment import Environment
from tests.parts import missing_part

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = ("baton", "baton-backup")
OF_OTHERS = {
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "HOME",
    "PIP_NO_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
}
NAMES_OF_OURS = {"BATON_ROLE", "BATON_DESK", "BATON_READY_FD", "BATON_CAREFUL_UNTIL"}


def documented() -> set[str]:
    said = (ROOT / "docs/settings.md").read_text()
    names = {name for line in said.splitlines() if line.startswith("| `") for name in re.findall(r"`([A-Z_]+)`", line)}
    return names | {f"{name}_FILE" for name in names}


def steps() -> list[str]:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE)
    return [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


# --- the image ---------------------------------------------------------------------------------


def test_an_image_runs_as_nobody_in_particular_and_asks_itself_how_it_is():
    last = "\n".join(steps()).rpartition("FROM ")[2].splitlines()
    user = next(number for number, line in enumerate(last) if line.startswith("USER "))
    assert re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", last[user])
    assert not [line for line in last[user:] if line.startswith(("RUN", "COPY"))], "after USER nothing is made"
    assert any(line.startswith("HEALTHCHECK") and "/readyz" in line for line in last)


def test_no_secret_gets_into_a_layer():
    kept = (ROOT / ".containerignore").read_text().splitlines()
    assert next(line for line in kept if not line.startswith("#")) == "*", "what is not let in by name is kept out"
    assert (ROOT / ".dockerignore").read_text() == (ROOT / ".containerignore").read_text()
    for line in steps():
        assert not re.match(r"(ARG|ENV)\b.*(SECRET|PASSWORD|TOKEN|DATABASE_URL|EMAIL_URL|_KEY)", line), line
        assert not re.match(r"COPY \. |ADD ", line), line
    assert any("--require-hashes" in line for line in steps())


def test_an_image_lets_in_all_that_is_copied():
    let_in = {line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")}
    copied = [
        word for line in steps() if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert set(copied) == let_in and all((ROOT / one).exists() for one in copied)


# --- containers together -----------------------------------------------------------------------


def test_what_a_service_names_is_there(compose):
    for name, service in compose["services"].items():
        assert set(service.get("secrets", ())) <= compose["secrets"].keys(), name
        assert set(service.get("networks", ())) <= compose["networks"].keys(), name
        assert set(service.get("depends_on", ())) <= compose["services"].keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file(), f"{name}: {source}"


def test_each_service_comes_back_gains_no_rights_and_has_a_version(compose):
    for name, service in compose["services"].items():
        assert service["restart"] == "unless-stopped" and "no-new-privileges:true" in service["security_opt"], name
        assert "build" in service or re.search(r":\d", service["image"]), name
    healthy = {
        need
        for one in compose["services"].values()
        if isinstance(one.get("depends_on", 0), dict)
        for need in one["depends_on"]
    }
    assert healthy == {"database", "redis"} and all("healthcheck" in compose["services"][one] for one in healthy)


def test_only_the_proxy_is_open_and_no_secret_is_written_down(compose):
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["inside"]["internal"] and compose["services"]["database"]["networks"] == ["inside"]
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"SECRET|PASSWORD|TOKEN|DATABASE_URL|EMAIL_URL", name):
                assert name.endswith("_FILE") and value.startswith("/run/secrets/"), name
    assert all(secret["file"].startswith("./secrets/") for secret in compose["secrets"].values())


def test_each_setting_that_is_named_exists(compose):
    image = {pair.split("=")[0] for line in steps() if line.startswith("ENV ") for pair in line.split()[1:]}
    unit = re.findall(r"([A-Z_]+)=\S", " ".join(re.findall(r"^#?Environment=(.*)", unit_file(), re.MULTILINE)))
    named = {*compose["services"]["baton"]["environment"], *image, *unit}
    assert named - OF_OTHERS <= documented()


@pytest.fixture
def read(monkeypatch) -> set[str]:
    """The settings that are read when Baton starts."""
    found, get_value = set(), Environment.get_value

    def noted(self, name, *more, **by_name):
        found.add(name)
        return get_value(self, name, *more, **by_name)

    monkeypatch.setattr(Environment, "get_value", noted)
    monkeypatch.setenv("BATON_OIDC_ISSUER", "https://login.example")
    monkeypatch.setenv("BATON_OIDC_CLIENT_ID", "baton")
    runpy.run_path(str(ROOT / "escalation/settings.py"))
    return found


def code() -> str:
    rooms = [(ROOT / room).rglob("*.py") for room in ("escalation", "incidents")]
    return "\n".join(file.read_text() for room in rooms for file in room)


def test_each_setting_that_is_documented_is_read(read):
    elsewhere = "\n".join([code(), (DEPLOY / "baton").read_text(), (ROOT / "Makefile").read_text()])
    names = {name for name in documented() if not name.endswith("_FILE")} - read
    assert not {name for name in names if not re.search(rf"\b{name}\b", elsewhere)}


def test_each_setting_that_is_read_is_documented(read):
    """``NAMES_OF_OURS`` `manage.py up` gives to the processes that it starts."""
    by_hand = set(re.findall(r"environ(?:\.get\(|\.pop\(|\[)\"(BATON_[A-Z_]+)\"", code()))
    assert "BATON_FAILPOINTS" in by_hand and "BATON_ADDRESS" in read
    said = documented() | {"BATON_ADMIN_PASSWORD"}  # above the table: it is of one command
    assert (read | by_hand) - said == NAMES_OF_OURS


# --- a service of systemd ----------------------------------------------------------------------


def unit_file() -> str:
    return (DEPLOY / "systemd/baton.service").read_text()


def test_a_copy_is_made_with_the_same_keys_as_the_service_has():
    """By systemd, and by hand."""
    keys = re.compile(r"^#(?:LoadCredential=|Environment=SECRET).*", re.MULTILINE)
    wanted = keys.findall(unit_file())
    assert len(wanted) == 2 and keys.findall((DEPLOY / "systemd/baton-backup.service").read_text()) == wanted
    place = wanted[0].rpartition(":")[2]
    assert f"key={place}\n" in (DEPLOY / "baton").read_text()
    homes = [re.findall(r"BATON_HOME=\S+", (DEPLOY / f"systemd/{name}.service").read_text()) for name in UNITS]
    assert homes[0] == homes[1]


def test_systemd_takes_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        missing_part("systemd-analyze", "apt install systemd")
    for one in (DEPLOY / "systemd").iterdir():
        words = one.read_text().replace("/opt/baton/.venv/bin/python", "/bin/true").replace("=/opt/baton\n", "=/\n")
        (tmp_path / one.name).write_text(words)
    units = sorted(tmp_path.iterdir())
    said = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, said.stderr.strip()) == (0, "")
    words = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=20",
        "--no-pager",
        tmp_path / "baton.service",
    ]
    assert subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0, "it is open to more"


# --- what is asked of other programs -----------------------------------------------------------


def test_the_packages_fit_what_is_asked_for_and_each_is_pinned_with_its_hashes():
    for name in ("base.txt", "dev.txt"):
        lines = re.sub(r"\\\n\s*", " ", (ROOT / "requirements" / name).read_text()).splitlines()
        pins = [line for line in lines if line.strip() and not line.strip().startswith("#")]
        assert pins and all(
            re.match(r"[A-Za-z0-9._-]+==\S+( ; .+?)? .*--hash=sha256:[0-9a-f]{64}", pin) for pin in pins
        )
    versions = {plain(pin.split("==")[0]): pin.split("==")[1].split()[0] for pin in pins}
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for text in [*asked["project"]["dependencies"], *asked["dependency-groups"]["dev"]]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(versions[plain(wanted.name)], prereleases=True), f"{text}: say make lock"


def test_nothing_that_is_shipped_binds_those_who_use_it():
    """Baton is MIT: whoever passes it on must not be bound by a licence of a package in it."""
    base = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements/base.txt").read_text(), re.MULTILINE)
    strong = []
    for name in base:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # of another system
            continue
        said = f"{about.get('License-Expression') or ''} {' '.join(about.get_all('Classifier') or ())}"
        if re.search(r"Affero|AGPL|GNU General Public License|(?<!L)GPL-\d", said):
            strong.append(name)
    assert strong == []


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.split("[")[0]).lower()


# --- no secret lies in the tree ----------------------------------------------------------------

SECRETS = re.compile(
    rb"-----BEGIN (?:RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE KEY-----"
    rb"|\bAKIA[0-9A-Z]{16}\b"  # Amazon
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{60,}"
    rb"|\bxox[abprs]-\d{9,}-[\w-]{10,}"  # Slack
    rb"|\bsk_live_[A-Za-z0-9]{16,}|\bAIza[\w-]{35}\b"
    rb"|\bglpat-[\w-]{20}\b|\bpypi-AgEI[\w-]{50,}"
    rb"|^(?:export )?SECRET_KEY=[A-Za-z0-9_-]{40,}$",
    re.MULTILINE,
)


KEPT_IN_A_CLONE = (
    ".env",
    ".vapid.key",
    ".baton/anchor.key",
    "baton.sqlite3",
    "deploy/.env",
    "deploy/secrets/secret_key",
)


def test_no_secret_that_the_guide_puts_into_a_clone_is_taken_for_a_part_of_it():
    asked = subprocess.run(["git", "check-ignore", *KEPT_IN_A_CLONE], cwd=ROOT, capture_output=True, text=True)
    assert asked.stdout.split() == list(KEPT_IN_A_CLONE)


def test_no_secret_lies_in_the_tree():
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    files = [ROOT / name for name in kept.split("\0") if name]
    assert not [file for file in files if file.name == ".env" or file.suffix in (".pem", ".key", ".p12", ".sqlite3")]
    found = [str(file) for file in files if file.is_file() and SECRETS.search(file.read_bytes())]
    assert found == []
