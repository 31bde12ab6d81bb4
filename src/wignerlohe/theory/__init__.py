"""The paper as something that runs: every statement, measured on a solution.

One file for each section of S.-Y. Ha, G. Hwang and D. Kim, *On the complete aggregation of the Wigner-Lohe model for
identical potentials* (2022), to be read beside it: `introduction`, `preliminaries`, `two_nodes`, `aggregation`,
`well_posedness` and `appendix`. What goes further is in `beyond`, for identical potentials, and in `open_problem`.

`statement` says what a statement is, `evidence` what it may measure, `hypotheses` what it may assume.
"""

from wignerlohe.theory import (
    aggregation,
    appendix,
    beyond,
    introduction,
    open_problem,
    preliminaries,
    two_nodes,
    well_posedness,
)
from wignerlohe.theory.statement import named

STATEMENTS = named(
    [
        *introduction.STATEMENTS,
        *preliminaries.STATEMENTS,
        *two_nodes.STATEMENTS,
        *aggregation.STATEMENTS,
        *well_posedness.STATEMENTS,
        *appendix.STATEMENTS,
        *beyond.STATEMENTS,
        *open_problem.STATEMENTS,
    ]
)
