"""The upper storey: what it is about, and where people work on it.

May import ``escalation``, which never imports this package. Rooms, from the ground up:

    models              incidents, their verbs, services, sources, who may see what
    routing             which service, policy and severity an alert gets
    finding             what narrows a list of incidents, for every door
    planning, cueing    what several doors ask alike: the form of a maintenance window, one's cues
    reviewing           what a review says, for its pages and for programs
    recurring           what is of a problem, what looks like it, and whether a fix helped
    sheets              a form that is a page of its own, for the doors that have many
    drilling            what came of drills: who was called when, and who answered
    training_due        by when each person trains, for their cues and the pages of training
    desk, inbound, api  the doors: pages for people, addresses for alerts and for programs; never each other
"""
