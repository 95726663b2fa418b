"""The trainer below its pages: the written cases, what a play comes to in words, and who has trained.

Floor 7.5: above ``incidents.learning.training``, which judges and knows no rows, and below the doors. The pages
(``incidents.training``) and the API play the same cases, ask with the same form and say the same afterwards.

``cases``     the six that come with the product, one readable file each
``shipped``   reads them
``forms``     what somebody would do at a step
``told``      what a play comes to
``record``    who has trained
"""
