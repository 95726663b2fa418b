"""How a person is reached: messages and the senders that carry them.

Floor 3; may import people, trail and kit. A sender is one file with one class; the engine's
outbox decides what is sent and when, a sender only carries it.
"""
