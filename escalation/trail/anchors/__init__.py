"""What the record was at a time, said outside of the database and signed.

A chain alone does not find out who writes to the database and computes the whole rest of it anew. So once a minute an
*anchor* is added to a log of anchors: the heads of all trails that moved since the anchor before, the hash of that
anchor, and an Ed25519 signature by a key that the database has never seen. A head is the hash over all that its trail
was up to there, so each anchor pins everything before it.

Why only those that moved: two hundred thousand trails stand still in most minutes. Each file, one a month, begins with
all heads there are; so an old file may be put away, and what is left still speaks of every entry. The heads of an
anchor are the leaves of a Merkle tree (RFC 6962) whose root is signed: one incident's line can be shown to a stranger
without the others.

Why one log for each host and place: nobody has to share a key or a file, a disk that is full keeps no other from its
log, and each log speaks for itself. In a minute one host writes, whichever has the turn; it catches up on its own.

    form        an anchor, its bytes, its tree, its signature. Pure
    keys        this host's key: made on first use, mode 0600, followed by another only with the old one's signature
    remembered  which logs this host has written to: one that is away is not begun anew
    log         the files: appended to and waited for; read line by line, whatever is in them
    making      which heads moved, and the next anchor over them
    judging     what the anchors say against what the database has
"""
