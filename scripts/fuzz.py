"""Throws what nobody expects at the doors, for as long as one likes, and keeps what fails.

    python scripts/fuzz.py [--seed N] [--seconds S] [--door NAME …] [--list]

Each request is one of the samples or of the corpus with something else in some places, sent to a door of a database of
its own, in one process. A fault is an answer of 500 and above, an exception, a page where JSON should be, a 2xx of
which nothing is on disk, or a message that our own code fails on later. It is made as small as it still fails and kept
in ``tests/corpus/<door>/``, where the test suite plays it from then on; write there what it was. The same seed throws
the same. Exits 1 if something was found; the last line is one JSON object.
"""

import argparse
import json
import logging
import os
import random
import sys
import tempfile
import time
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SHRINKS = 300  # tries to make one smaller


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="baton-fuzz-") as home:
        _installation(Path(home))
        return _fuzz(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--door", action="append", default=[], help="the name of an address, or how it begins")
    parser.add_argument("--list", action="store_true", help="only say which doors there are")
    return parser.parse_args()


def _installation(home: Path) -> None:
    from tests import migrated

    migrated.copy_to(home / "fuzz.sqlite3")
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": f"sqlite:///{home}/fuzz.sqlite3"}
    import django

    django.setup()
    from django.test.utils import setup_test_environment

    setup_test_environment()


def _fuzz(options: argparse.Namespace) -> int:
    from incidents.inbound import tasks
    from incidents.inbound.opsgenie import wire
    from tests.cast import the_cast
    from tests.hostile_kit import mutated, open_installation, places, samples

    logging.disable(logging.WARNING)  # refusals are what is wanted
    open_installation()
    tasks.ring = lambda _pk: None
    wire.PATIENCE = ()
    doors = [one for one in places(the_cast().service) if not options.door or one.name.startswith(tuple(options.door))]
    if options.list or not doors:
        print("\n".join(sorted({one.name for one in doors})))
        return 0 if doors else 2
    print(f"seed {options.seed}, {len(doors)} addresses, {options.seconds:g} s")
    dice, until, sent, found = random.Random(options.seed), time.monotonic() + options.seconds, 0, []
    streams = {place.path or place.name: mutated(dice, samples(place)) for place in doors}
    while time.monotonic() < until:
        place = dice.choice(doors)
        for one in islice(streams[place.path or place.name], 20):
            sent += 1
            if why := fault(place, one):
                found.append(_keep(place, one, why))
    print(json.dumps({"seed": options.seed, "sent": sent, "found": sorted(set(found))}))
    return 1 if found else 0


def fault(place, one) -> str:
    """What is wrong; empty if nothing is."""
    from incidents.models import Receipt
    from tests.hostile_kit import Found, play, settle

    try:
        play(place, one, place.methods[0] if place.methods == ("POST",) else "POST")
        settle()
    except Found as error:
        Receipt.objects.exclude(state=Receipt.State.PROCESSED).update(state=Receipt.State.PROCESSED)
        return str(error).split("\n")[0][:200]
    return ""


def _keep(place, one, why: str) -> str:
    from tests.corpus import HERE
    from tests.hostile_kit import Sent

    small = smaller(lambda body: bool(fault(place, Sent("try", body, one.headers))), one.body)
    name = f"found-{blake2b(small + repr(sorted(one.headers.items())).encode(), digest_size=5).hexdigest()}"
    file = Sent(name, small, one.headers, why).write(HERE / place.name)
    said = str(file.relative_to(ROOT))
    print(f"found: {why}\n  {said}")
    return said


def smaller(fails, body: bytes) -> bytes:
    """With parts left out, halves first, while it still fails."""
    tries, step = 0, max(1, len(body) // 2)
    while step and tries < SHRINKS:
        at = 0
        while at < len(body) and tries < SHRINKS:
            shorter = body[:at] + body[at + step :]
            tries += 1
            if fails(shorter):
                body = shorter
            else:
                at += step
        step //= 2
    return body


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
