"""Drills: practice incidents on the real path, planned ahead, and the reports of those that were held.

Floor 8, a door for people; may import anything below, and no other door. The rows and their verbs are
``incidents.models.drills``, their clock ``incidents.models.drill_clock``; what came of a run is read in
``incidents.drilling``, which the API shares.

Decisions. **A drill is an incident**, opened by the verb that opens all of them: what it proves it proves of the path
that is climbed in earnest. **It is a drill from its first moment to its last**: a flag that no verb changes, on the
incident, in the brief that every message is made of, and in its title's first word, so that what names an incident and
was never told of drills says it too. **It is counted nowhere**: each place that counts begins with
``Incident.objects.real()``, no promise is made in it, and it is joined with no other incident. **Whoever is to be
surprised does not read when**: plans and reports are for supervisors of the service's team, admins and auditors; the
incident itself is for whoever is called. **What is real comes first**: no drill is held while its team has a severe
incident, and in a message of several a drill is named last.
"""
