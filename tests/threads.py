"""Several things at once: threads with connections of their own."""

import threading

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
