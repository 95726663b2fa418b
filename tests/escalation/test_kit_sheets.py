"""A table is read while it is sent, also by a server that waits for many at once."""

import csv
import io

from asgiref.sync import async_to_sync

from escalation.kit import sheets


def test_its_first_lines_are_sent_before_the_last_are_read():
    read = []

    def rows():
        for number in range(10 * sheets.LINES):
            read.append(number)
            yield [number, "=1+1"]

    async def sent(table):
        return [(len(read), part) async for part in table]

    told = async_to_sync(sent)(sheets.download("table.csv", ["number", "text"], rows()))
    assert told[0][0] < 2 * sheets.LINES and told[-1][0] == len(read)
    body = b"".join(part for _read, part in told).decode()
    assert list(csv.reader(io.StringIO(body))) == [["number", "text"], *([str(n), "'=1+1"] for n in read)]
