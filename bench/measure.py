"""One measure: ours, the peer's, their ratio, and whether the answers are the same."""

import json
from typing import Any, NotRequired, TypedDict


class Measure(TypedDict):
    """What a benchmark says: one line, or one JSON object."""

    name: str
    """What was done; after a colon the peer or limit, if there are several."""
    ours: float
    peer: float
    unit: str
    """Unit of both, e.g. ms or rows/s."""
    ratio: float
    """How many times better ours is: above 1 ours is better."""
    agree: bool
    """Whether both gave the same answer."""
    note: NotRequired[str]
    """What a reader must know to judge the numbers."""


def as_line(measure: Measure) -> str:
    """Format a measure for people.

    Examples
    --------
    >>> m = Measure(name="cone: q3c", ours=2.0, peer=3.0, unit="ms", ratio=1.5, agree=True)
    >>> " ".join(as_line(m).split())
    'cone: q3c ours 2 ms, peer 3 ms, ratio 1.50, same answer'
    """
    unit = measure["unit"]
    answer = "same answer" if measure["agree"] else "DIFFERENT ANSWERS"
    note = f" ({measure['note']})" if "note" in measure else ""
    return (
        f"{measure['name']:64s}  ours {measure['ours']:.4g} {unit}, peer {measure['peer']:.4g} "
        f"{unit}, ratio {measure['ratio']:.2f}, {answer}{note}"
    )


def as_json(measure: Measure) -> str:
    """Format a measure for programs: one line of JSON."""
    return json.dumps(measure, default=_plain)


def _plain(value: Any) -> Any:
    """Turn numpy's numbers into Python's."""
    return value.item()
