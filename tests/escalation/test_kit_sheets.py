"""A table is read while it is sent, also by a server that waits for many at once."""

import asyncio
import csv
import io
from concurrent.futures import ThreadPoolExecutor

from escalation.kit import sheets


def test_its_first_lines_are_sent_before_the_last_are_read():
    read = []

    def rows():
        for number in range(10 * sheets.LINES):
            read.append(number)
            yield [number, "=1+1"]

    async def sent(table):
        return [(len(read), part) async for part in table]

    with ThreadPoolExecutor(1) as apart:  # a test in a browser leaves a loop behind in this thread
        told = apart.submit(asyncio.run, sent(sheets.download("table.csv", ["number", "text"], rows()))).result()
    assert told[0][0] < 2 * sheets.LINES and told[-1][0] == len(read)
    body = b"".join(part for _read, part in told).decode()
    assert list(csv.reader(io.StringIO(body))) == [["number", "text"], *([str(n), "'=1+1"] for n in read)]
