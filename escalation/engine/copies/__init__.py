"""Copies of everything, and how they are put back. Nobody is called twice from one, and none is put back by halves.

In this order: ``archive`` (the file: a zip with a manifest), ``begun`` (what was begun and did not end),
``clients`` (PostgreSQL's own programs), ``facts`` (what a copy says of itself), ``taking`` and ``putting``
(``backup`` and ``restore``, of one kind of database), ``portable`` and ``pouring`` (``exportall`` and ``importall``,
from any to any), ``aging`` (how old the last one is). Commands open them; nothing else does.

Decisions:

- *A backup is what the database itself gives*: SQLite's online backup, ``pg_dump``. It is quick and exact, and a person
  can put it back without Baton: ``unzip`` and the database's own tools. What moves between kinds of databases is
  something else, and slower: every row as a line of JSON.
- *One moment.* A copy is taken while everything runs, and all of it is of one instant, the manifest too.
- *The brake comes with the rows*: in the transaction, or the file, that makes a copy the database. Whoever is killed
  right after leaves one from which nobody is called; the next start writes the entry that says so.
- *Keys stay out*, unless asked for: what is sealed in the database cannot be opened by whoever finds the copy.
- A zip, because each part is found by its name, compressed, and checked, with tools that everybody has.
"""
