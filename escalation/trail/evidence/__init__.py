"""One trail as a bundle that a stranger can verify with nothing but Python.

    bundle    writes it: entries as they were sealed, texts with their salts, files, the anchors that have seen them
    verify    goes along in each bundle: the standard library alone, Ed25519 too, so nobody has to trust us for more

``verify`` is written a second time on purpose, from the format and not from our code: what both agree on is the format.
"""
