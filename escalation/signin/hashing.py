"""Passwords are kept by Argon2id, at a price that a small machine can pay for each sign-in."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """19 MiB, twice, one thread: what OWASP's Password Storage Cheat Sheet asks for at least. Django's own 100 MiB and
    eight threads would be a third of the memory that all of Baton is to take at rest, for each sign-in under way."""

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1
