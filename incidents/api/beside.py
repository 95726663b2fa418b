"""The resources beside incidents, in the order in which the description shows them."""

from . import catalogue, covers, cues, maintenance, oncall, own, reach, reviews, runbooks, tried, views, watching

BESIDE = (cues, reviews, oncall, covers, reach, maintenance, runbooks, tried, views, own, catalogue, watching)
