"""A small database as each released version made it, and the proof that the present one can take it over.

``0.1.0-sqlite.zip`` and ``0.1.0-postgresql.zip`` are backups, made by ``scripts/keep_release.py`` before a release and
never changed afterwards: what an installation has is what its version wrote, not what we now think it wrote.
"""
