"""How well numbers put what is there before what is not."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def area_under_curve(present: Sequence[float], absent: Sequence[float]) -> tuple[float, float | None] | None:
    """Chance that one of the present is surer than one of the absent (ties count half), with the standard error of
    DeLong et al. 1988.

    None where one of the two is empty.
    """
    if not len(present) or not len(absent):
        return None
    above = _share_below(present, absent)
    below = 1 - _share_below(absent, present)
    error = (
        math.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
        if min(len(above), len(below)) > 1
        else None
    )
    return float(above.mean()), error


def _share_below(values: Sequence[float], others: Sequence[float]) -> NDArray[np.float64]:
    """For each value the share of the others that are smaller, equal ones counting half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / (2 * len(ordered))
