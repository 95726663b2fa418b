"""The trainer: a written case, step by step. Escalate now? To whom? Why?

Floor 8, a door beside the desk; may import anything below, and no other door. What it plays and how it judges lives
below, where the API finds it too: ``incidents.practising``, ``incidents.learning.training``.

Decided: what is right at a step is computed by the code that warns on an incident's page (``incidents.learning.
training``), and written nowhere: a case cannot teach other than the desk advises. It is judged by the balanced preset
with every sign on, also where an installation warns earlier or later, so that what one person reached can be compared
with what another did, and a setting changes nobody's record.
A play shows nothing of what was right before it ends: one would guess by the pattern otherwise. An answer is given
once. A case is English as the record is; the words around it are translated like every page's.
"""
