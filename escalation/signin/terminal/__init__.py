"""Commands of Django's that write passwords and rights past the record, and what stands in their place.

An app of its own, with nothing but them: of two commands of one name Django takes that of the app which is installed
first, and no other room of ours could be moved before Django's.
"""
