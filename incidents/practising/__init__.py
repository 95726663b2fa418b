"""The trainer below its pages: the written cases, what a play comes to in words, and who has trained.

Floor 7.6: above ``incidents.learning.training``, which judges and knows no rows, and ``incidents.reviewing``, which
tells what happened without names; below the doors. The pages
(``incidents.training``) and the API play the same cases, ask with the same form and say the same afterwards.

``cases``     the six that come with the product, one readable file each
``shipped``   reads them
``offered``   all that there are to play: with those that were made from our own record
``making``    a draft of such a case, ``people`` whom it may not name, ``checking`` what keeps it from being published
``authoring`` the forms of whoever writes it, within ``bounds``
``forms``     what somebody would do at a step
``told``      what a play comes to
``record``    who has trained
"""
