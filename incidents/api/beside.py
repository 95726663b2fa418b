"""The resources beside incidents, in the order in which the description shows them."""

from . import (
    catalogue,
    configuration,
    covers,
    cues,
    drills,
    maintenance,
    oncall,
    own,
    reach,
    recurring,
    reviews,
    runbooks,
    training,
    tried,
    views,
    watching,
)

BESIDE = (
    cues,
    reviews,
    recurring,
    oncall,
    covers,
    reach,
    maintenance,
    drills,
    runbooks,
    training,
    tried,
    views,
    own,
    catalogue,
    watching,
    configuration,
)
