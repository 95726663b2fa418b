"""The permission matrix: who gets which answer, at every address, about whose things.

``matrix.txt`` is the reviewed table: a row for each address and method, a column for each role, and in each cell one
letter per object. ``addresses`` finds the rows in the resolver, the API's operations and the admin's registry: what is
new has none, and the suite fails until somebody has written the table anew (``python -m tests.matrix.write``) and read
what changed in it. ``scene`` makes two teams with a thing of each kind, and marks every text, and ``kept`` has that
done once in a process; ``asking`` sends real requests, each undone afterwards; ``bodies`` are what their forms say,
``doors`` what opens with a key alone, and ``ready`` what has to be so first, for one request.

Letters alone would only keep what is so today. So what may stand in an answer is said a second time, in ``sight``:
a short table of who may read what, written from the rules and asking none of the product's code. Every answer is
read for every mark, whatever its status.
"""
