"""What the tests of the audit share: what it names, and a way to break things behind everybody's back."""

from django.db import connection

from escalation.engine import deliver
from escalation.engine.audit import auditing


def found() -> list[str]:
    """Everything the audit says, in its own words; nothing is repaired."""
    return [str(finding) for finding in auditing.audit(repair=False).findings]


def named() -> set[str]:
    """The invariants it names: {"I1", …}."""
    return {words.split()[0] for words in found()}


def quiet() -> bool:
    """Messages leave as they would, and then there is nothing to say."""
    deliver.deliver_due()
    said = found()
    assert not said, "\n".join(said)
    return True


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else no trigger and no index can be dropped
        for statement in statements:
            cursor.execute(statement)
