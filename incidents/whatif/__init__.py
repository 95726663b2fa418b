"""“What would have happened”, in a policy's form: its incidents, played up the policy as it is and as it would be.

Floor 7.5, above ``learning``, whose ``whatif`` does the playing. ``rows`` reads, ``shown`` plays and says what the
page shows. Nothing is kept: what is asked is of a form that nobody has saved.

Decision: the present policy is played by the same core, and not compared with what was done. So what differs is the
edit's, and not that of a message that failed, or of an older version. How often the present policy, so played, does
what was done is said beside it: that is how far the rest can be believed.

Decision: only what is over is played, the latest first, and only what whoever asks may see. The services are those
that go by the policy today, whatever they went by then.
"""
