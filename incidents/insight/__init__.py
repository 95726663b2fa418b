"""Measures: what incidents that are over came to, as pictures, tables and CSV.

Floor 8; may import anything below, and no other door. From the ground up:

    asked      what is asked for: a period, a team, a service, a policy, a source, a severity; kept in the address
    figures    the sums, a fixed number of queries however many incidents there are
    pictures   the same as rows and columns, each number with its address
    listed     the incidents behind a number, and on which days a page of them lies
    words      which incidents a list shows
    views      the page, the incidents behind a number, and the same as CSV; urls their addresses

Decisions. *Every number leads to its incidents.* They are listed in a page of this room and not in the queue: the queue
is about what is to be done, in the order of urgency, and counts no further than a thousand. Here the list is the very
set that was counted (``counting.conditions.ONLY``), so that the two cannot differ.

*Only what somebody may see is counted for them.* Supervisors, admins and auditors see what their teams did; everybody
else the incidents on which they worked or which they resolved. What each person had of it is for that person and
their supervisors, so that nobody is measured by colleagues.

*Charts are SVG that the server writes*, a rectangle for each number, beside a table with the same numbers: they need no
script, print, and take the colours of the page. A library would draw the same dozen bars for 200 KB.

*No averages alone.* Times are shown as how many incidents took how long, which says more than a mean, and can be added
up. What is kept beside the summaries makes counting them fast (``incidents.counting``): no figure is older than the
page.
"""
