"""Counting: the summaries of a period, packed by days, so that a page can add up a year of them at once.

Floor 7.5; the doors read here, ``incidents.summing`` and the verbs only say what has changed. From the ground up:

    conditions  whatever is counted of an incident that is over, as a condition on its summary
    packed      what a day came to as sets of bits and columns of numbers, and many days joined; pure
    known       the days that this process has read
    days        the days as they are read, and how they are kept
    auditing    whether what is kept is still so

Decisions. *Sums cannot be kept, rows can.* A page asks for any period, any five filters at once, and for what one
person may see: sums for all of that would be more rows than there are incidents. So each day is kept as what is called
a bitmap index: a bit for each of its incidents and each condition, who may see them as bits too, seconds as columns.
Filters, visibility and counts are then a few operations on long integers, whoever looks, and exact. A database asked
for the same looks at each incident forty times: seconds for a year, on either of them.

*Conditions are written once.* The bits are what the database says to the very conditions that the lists behind the
numbers filter by (``conditions.ONLY``), so that a number and its list cannot differ.

*Whoever writes does not count.* A verb adds a row that says which day is not as it was (``SummaryChange``), nothing
more: two that resolve at once share no row, and none waits. Days that have changed are read from the summaries
themselves, so no figure is older than the page; a chore packs them again once they are over. What is packed can be lost
at any time, and nothing is lost.

*What is packed is read once.* A year of a large desk is twelve megabytes, and reading them was a third of a page. Each
time a day is packed it gets another stamp; a process keeps the days that it read (``known``) and asks for the stamps.
"""
