"""How much a case holds: more would be read by nobody."""

TITLE = 120
TEXT = 2000  # letters of a step, and of each of the words around the steps
TARGET = 120
MOST_TARGETS = 6
LONGEST = 60 * 24 * 30  # minutes
