"""What happened: an append-only, numbered, hash-chained record.

Floor 2; may import kit. One trail per incident and one for the installation's
configuration. The trail's row is its head: its lock is the only lock an incident has, and
whoever writes takes it first. Entries keep facts; pages make the sentences.
"""
