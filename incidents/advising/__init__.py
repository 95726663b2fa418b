"""What an incident's warning signs come to for whoever asks: the verdict, where an escalation would go, what it says.

Floor 7.4: above ``incidents.learning``, which judges facts and knows no rows, and below the doors. The panel at the
desk and the API show the same judgement, and answer to it with the same verbs. ``judgement`` reads what it rests on,
``rules`` are an admin's own signs, and ``words`` makes the sentences.
"""
