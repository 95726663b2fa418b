"""Small tools that every room may use: the clock, refusals, text cleaning, htmx answers.

May import Django and third-party libraries, and no room of ours.
"""
