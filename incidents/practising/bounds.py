"""How much a case holds: more would be read by nobody."""

TITLE = 120
TEXT = 2000  # letters of a step, and of each of the words around the steps
TARGET = 120
MOST_TARGETS = 6
LONGEST = 60 * 24 * 3660  # minutes: whatever an incident took, its draft is saved as it was made
MOST_TIMES = 100_000  # attempts, hand-overs: likewise
MISSING = 20_000  # letters of all that somebody lacks, one name a line
