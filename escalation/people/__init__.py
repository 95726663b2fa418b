"""Who there is: people, teams with their roles, skills, and the tiers of support.

Floor 2; may import kit. People, teams and tiers are archived and never deleted: what they
did stays on record under the name they had.
"""
