"""The property test: every promise of the engine, held against a plain reference while hypothesis does its worst.

    reference    climb (how one climb goes, with holding), desk (incidents; what people do with them is in working,
                 passing, ending and sharing), desk_more, promises (promised times, with office), hands, runbook;
                 timekeeper (whose turn it is, and what fails or kills), doors (alerts), outbox (messages) with
                 carrying (limits, and services that are away) and nights (quiet hours); bundling; backlog (the doors
                 in a storm)
    ground, rig  an empty database and a clock that stands; deaths at named points, a second ticker, a fake post
    world        one organisation, kept twice: as rows and as the reference's plain values

    machine      incidents from all sides, each message alone, each alert by itself
      rules_*    what may happen; each file is a mixin of the machine
      stories    what people mostly do, as a start and in between; moves_beside has more of it
      checks     what must hold after each step, with checks_beside
    bundles      a machine of its own: much news for few people, through the real outbox
    roles        another: who has which role, while people take, pass on and leave them and shifts change
    storms       another: messages in crowds, worked off together; some fail, some kill

``test_stateful.py`` runs them all; ``test_every_verb.py`` demands of every verb that a rule plays it. The reference
imports nothing of the product. A step that the product refuses must be refused by the reference with the same code,
and the other way round.
"""
