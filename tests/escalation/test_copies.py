"""Parts of copies that need no process of their own to be seen."""

import io

from escalation.engine.copies import putting


def test_servers_before_17_are_not_told_of_what_they_do_not_know():
    limit = b"SET transaction_timeout = 0;\n"
    head, rows = b"SET lock_timeout = 0;\n", b"COPY notes FROM stdin;\n" + b"a note\n" * 60 + limit
    told = io.BytesIO()
    putting.pass_on(io.BytesIO(head + limit + rows), told)
    assert told.getvalue() == head + rows, "in a row it is somebody's text"
