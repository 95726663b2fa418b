"""The resources beside incidents, in the order in which the description shows them."""

from . import catalogue, covers, cues, maintenance, oncall, own, reach, runbooks, tried, views, watching

BESIDE = (cues, oncall, covers, reach, maintenance, runbooks, tried, views, own, catalogue, watching)
