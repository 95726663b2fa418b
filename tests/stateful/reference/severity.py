"""What severity comes from."""

from dataclasses import dataclass


@dataclass(eq=False)
class Severity:
    """What severity comes from: an override, else the worst of three."""

    impact: int = 2
    urgency: int = 2
    affected: int = 0
    reported: int | None = None
    override: int | None = None

    def judged(self) -> int:
        if self.override is not None:
            return self.override
        verdicts = [min(5, self.impact + self.urgency - 1)]
        verdicts += [severity for least, severity in ((100, 2), (1000, 1)) if self.affected >= least]
        return min([*verdicts, *([] if self.reported is None else [self.reported])])
