"""Several things at once: threads with connections of their own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection


def together(*jobs):
    """Run the jobs in threads of their own, each with its own connection; re-raise what they raise."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(jobs))

    def run(job):
        try:
            barrier.wait(10)
            job()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for failure in failures:
        raise failure


@contextmanager
def once_it_was_read(what: str, job: Callable[[], object]) -> Iterator[None]:
    """Within it, as soon as somebody here has read what has these words in its question, another begins the job, and
    does it or waits. It is done afterwards."""

    def alone() -> None:
        try:
            job()
        finally:
            connection.close()

    other = threading.Thread(target=alone)

    def meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if other.ident is None and sql.startswith("SELECT") and what in sql:
            other.start()
            other.join(0.7)
        return result

    with connection.execute_wrapper(meanwhile):
        yield
    other.join(30)
