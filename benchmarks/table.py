"""A row of the table that the benchmarks print."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table; a ratio is good when it is at least, or at most, its target."""

    name: str
    measured: str
    against: str
    ratio: float
    target: float
    at_least: bool

    def __str__(self) -> str:
        good = self.ratio >= self.target if self.at_least else self.ratio <= self.target
        sign = ">=" if self.at_least else "<="
        verdict = "met" if good else "MISSED"
        return "| " + " | ".join(
            (self.name, self.measured, self.against, f"{self.ratio:.3g}", f"{sign} {self.target:g}", verdict, "")
        )
