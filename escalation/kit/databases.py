"""How the database is talked to. Pure; the settings use it, so it imports no settings."""

from typing import Any

# A frozen worker must give its locks back; a lost network must be noticed. A page asks many small things: compiling
# one of them takes longer than carrying it out; and what is asked for often is in memory, so a look into an index
# costs little. Starting helpers takes longer than their help.
_POSTGRESQL = (
    "-c idle_in_transaction_session_timeout=5000 -c statement_timeout=30000 -c lock_timeout=10000"
    " -c jit=off -c random_page_cost=1.1 -c max_parallel_workers_per_gather=0"
)
# FULL: a 2xx to a sender must survive a power cut. Within 8 MB a page of the desk reads nothing twice.
_SQLITE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-8000;"


def options(engine: str, *, is_web: bool, said: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a database's settings get beside its address, for the web server or for the other processes.

    ``said``: what stands in the address itself (``?sslmode=verify-full``), and wins.
    """
    found = _of_sqlite(is_web) if engine.endswith("sqlite3") else _of_postgresql(is_web)
    ours, theirs = found["OPTIONS"], said or {}
    both = " ".join(one["options"] for one in (ours, theirs) if "options" in one)  # the server obeys the later of two
    found["OPTIONS"] = {**ours, **theirs, **({"options": both} if both else {})}
    return found


def _of_sqlite(is_web: bool) -> dict[str, Any]:
    return {
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",  # WAL without it gives "database is locked"
            "timeout": 20,
            "init_command": _SQLITE,
        },
        "CONN_MAX_AGE": 0 if is_web else None,
    }


def _of_postgresql(is_web: bool) -> dict[str, Any]:
    talk: dict[str, Any] = {
        "options": _POSTGRESQL,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "connect_timeout": 5,
    }
    if is_web:  # one request, one thread: connections come from a pool
        talk["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}
        return {"OPTIONS": talk, "CONN_MAX_AGE": 0}
    return {"OPTIONS": talk, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
