"""How much somebody may do in a minute. Counted in this process's memory: several processes each allow as much."""

from dataclasses import dataclass


@dataclass
class Allowance:
    """So many a minute, and a minute's worth at once."""

    a_minute: int
    at: float  # seconds
    left: float = -1.0

    def __post_init__(self) -> None:
        self.left = float(self.a_minute)

    def take(self, now: float, many: int = 1) -> bool:
        passed = max(0.0, now - self.at)  # a clock may be set back
        self.left = min(float(self.a_minute), self.left + passed * self.a_minute / 60)
        self.at = now
        if self.left < many:
            return False
        self.left -= many
        return True

    def has(self, number: int) -> bool:
        return self.left >= number
