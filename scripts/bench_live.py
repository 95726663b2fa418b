"""How fast a change is seen: 200 open pages on one real server, a verb every 200 ms.

Run: ``python scripts/bench_live.py [--streams 200] [--seconds 20]``. It makes a scratch database
(SQLite), starts uvicorn with its own settings, signs in everybody's streams over loopback and
measures from the verb's commit to the hint on each stream. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


def prepare(file: Path, streams: int) -> dict:
    """The organisation, some open incidents, and a session for each stream."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.core.management import call_command

    from escalation.people.sessions import SessionStore
    from incidents.models import Incident
    from tests.organisation import assemble

    call_command("migrate", verbosity=0)
    cast = assemble()
    agents = [cast.ana, cast.jo, cast.sam, cast.mei, cast.kim]
    keys = []
    for n in range(streams):
        user, session = agents[n % len(agents)], SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        keys.append(session.session_key)
    incidents = [Incident.open(title=f"Incident {n}", service=cast.service, by=cast.ana).pk for n in range(40)]
    return {"keys": keys, "incidents": incidents, "ana": cast.ana.pk}


def serve(file: Path) -> tuple[subprocess.Popen, int]:
    listener = socket.socket()
    listener.bind((HOST, 0))
    listener.listen(1024)
    listener.set_inheritable(True)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "escalation.asgi:application",
        "--fd",
        str(listener.fileno()),
        "--lifespan",
        "off",
        "--log-level",
        "warning",
        "--timeout-graceful-shutdown",
        "1",
    ]
    env = os.environ | {"BATON_ROLE": "web"}
    return subprocess.Popen(command, cwd=ROOT, env=env, pass_fds=[listener.fileno()]), listener.getsockname()[1]


async def ask(port: int, path: str, key: str, *more: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOST, port)
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", f"Cookie: sessionid={key}", *more, "", ""]
    writer.write("\r\n".join(lines).encode())
    await writer.drain()
    return reader, writer


async def listen(port: int, key: str, heard: list, ready: asyncio.Event) -> None:
    """One stream: when each incident's change arrived, and how often the heart beat."""
    reader, writer = await ask(port, "/live/", key, "Accept: text/event-stream")
    try:
        name = ""
        while line := await reader.readline():
            text = line.decode().strip()
            if text.startswith("event: "):
                name = text[7:]
                if name == "hello":
                    ready.set()
            elif text.startswith("data: ") and name == "change":
                heard.append((time.perf_counter(), json.loads(text[6:])["ids"]))
    finally:
        writer.close()


async def refetch(port: int, key: str, path: str, etag: str = "") -> tuple[float, int, str]:
    """What a page does after a hint: ask for its region."""
    more = ["HX-Request: true", "Connection: close", *([f"If-None-Match: {etag}"] if etag else [])]
    begun = time.perf_counter()
    reader, writer = await ask(port, path, key, *more)
    answer = await reader.read()
    writer.close()
    head = answer.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
    tag = next((line.split(": ", 1)[1] for line in head if line.lower().startswith("etag: ")), "")
    return time.perf_counter() - begun, int(head[0].split()[1]), tag


def change(pk: int, person: int, n: int) -> tuple[int, float]:
    """One verb, in a thread; returns the number and when it was committed."""
    from escalation.people.models import User
    from incidents.models import Incident

    incident = Incident.objects.get(pk=pk)
    incident.note(by=User.objects.get(pk=person), text=f"Note {n}.")
    return incident.number, time.perf_counter()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def run(made: dict, port: int, pid: int, seconds: float, pace: float) -> dict:
    heard: list[list] = [[] for _key in made["keys"]]
    ready = [asyncio.Event() for _key in made["keys"]]
    begun = time.perf_counter()
    streams = [
        asyncio.create_task(listen(port, key, mine, opened))
        for key, mine, opened in zip(made["keys"], heard, ready, strict=True)
    ]
    await asyncio.wait_for(asyncio.gather(*(opened.wait() for opened in ready)), 120)
    opened_s = time.perf_counter() - begun
    idle_from = cpu_seconds(pid)
    await asyncio.sleep(5)
    idle = (cpu_seconds(pid) - idle_from) / 5
    work_from, commits, fetches, unchanged = cpu_seconds(pid), [], [], []
    started, n = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        pk = made["incidents"][n % len(made["incidents"])]
        commits.append(await asyncio.to_thread(change, pk, made["ana"], n))
        if n % 5 == 0:  # a few pages ask, as those that are being looked at do
            took, _status, etag = await refetch(port, made["keys"][n % len(made["keys"])], "/board/")
            fetches.append(took)
            again, status, _etag = await refetch(port, made["keys"][n % len(made["keys"])], "/board/", etag)
            unchanged += [again] if status == 304 else []
        n += 1
        await asyncio.sleep(max(0.0, started + n * pace - time.perf_counter()))
    await asyncio.sleep(1.5)
    worked = cpu_seconds(pid) - work_from
    for stream in streams:
        stream.cancel()
    return figures(commits, heard, fetches, unchanged) | {
        "streams": len(streams),
        "seconds": seconds,
        "changes": len(commits),
        "opened_s": round(opened_s, 2),
        "idle_cpu_share": round(idle, 3),
        "cpu_s": round(worked, 2),
        "memory_mb": round(memory_mb(pid), 1),
    }


def figures(commits: list, heard: list[list], fetches: list[float], unchanged: list[float]) -> dict:
    """For each commit and stream: the first hint about that incident at or after it."""
    delays, missed = [], 0
    for mine in heard:
        for number, at in commits:
            # the hint may leave before the thread of the verb has looked at its watch
            found = next((seen for seen, ids in mine if number in ids and seen >= at - 0.05), None)
            if found is None:
                missed += 1
            else:
                delays.append(max(0.0, found - at) * 1000)
    cuts = statistics.quantiles(delays, n=100) if len(delays) > 1 else [0.0] * 99
    return {
        "hint_ms": {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)},
        "missed": missed,
        "refetch_ms_p95": p95(fetches),
        "unchanged_ms_p95": p95(unchanged),
    }


def p95(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=20)[18] * 1000, 1) if len(values) > 1 else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pace", type=float, default=0.2)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as home:
        file = Path(home, "bench.sqlite3")
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "escalation.settings",
            "DATABASE_URL": f"sqlite:///{file}",
            "SECRET_KEY": "only-for-this-measurement-and-thrown-away-0123456789",
            "BATON_HOME": home,
        }
        import django

        django.setup()
        made = prepare(file, asked.streams)
        server, port = serve(file)
        try:
            time.sleep(3)
            found = asyncio.run(run(made, port, server.pid, asked.seconds, asked.pace))
        finally:
            server.terminate()
            server.wait(20)
    print(f"{found['streams']} streams, {found['changes']} changes: a hint takes {found['hint_ms']} ms")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
