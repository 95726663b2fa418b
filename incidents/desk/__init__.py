"""The desk: the pages where people work incidents and pass the baton.

Floor 8; may import anything below, and no other door. Views are thin: who may, do it, show
it. Addresses are nouns; every verb is a plain POST that redirects, and for htmx the same
view answers with the parts that changed. What a page may show is decided on the queryset
(``Incident.objects.visible_to``): a stranger's incident is not found.
"""
