"""What a review says: an incident's record, looked at for it, in sentences and as a file.

Floor 7.55: above ``incidents.learning.reviewing``, which looks at entries and knows no rows, and below the doors. The
pages (``incidents.reviews``) and the API show the same review, begin it with the same words, and take what people
write in it within the same limits.

``reading``   an incident's record, looked at for its review
``words``     what it says in sentences, with names or by tiers alone
``drafting``  the words a draft begins with
``markdown``  all of it as one file
``forms``     what people fill in, and up to when an action may be due
``doing``     the forms of what is to be done, as reviews and problems have them
"""
