"""The property test: every promise of the engine, held against a plain reference while hypothesis does its worst.

    reference    climb (how one climb goes), desk (incidents and verbs), doors (alerts), outbox (messages)
    rig          deaths at named points, a second ticker, a fake post, an empty database
    world        one organisation, kept twice: as rows and as the reference's plain values
    rules_*      what may happen; each file is a mixin of the machine
    stories      what people mostly do, as a start and in between
    checks       what must hold after each step
    machine      all of it put together; test_stateful.py runs it

The reference imports nothing of the product. A step that the product refuses must be refused by
the reference with the same code, and the other way round.
"""
