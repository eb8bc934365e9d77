"""MOCs, sets of HEALPix cells of several orders, and the ranges of hpx29 that they are.

IVOA Recommendation "MOC: Multi-Order Coverage map", version 2.0 (2022), section 4.3: as text
(`3/1-4 7 5/100`) and as JSON (`{"3": [1, 2, 3, 4, 7], "5": [100]}`). In the database a MOC is a
PostgreSQL multirange of hpx29, whose operators are those of sets.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence

from skytract.udf.sky.cells import cover
from skytract.udf.sky.healpix import CELLS, ORDER, cell_range
from skytract.udf.sky.polygon import polygon

FINER = 2
"""Cells are compared with an outline by circles around them: so many orders finer is close."""

MOST_CELLS = 1 << 19
"""Longest outline in sides of its finest cells: some 2 kB of memory go into each."""

Ranges = list[tuple[int, int]]
"""Half-open ranges [lo, hi) of hpx29, ascending, with gaps between them."""


def moc(text: str) -> str:
    """Read a MOC written as text or as JSON.

    Parameters
    ----------
    text : str
        `order/cells` groups, cells and ranges of cells (`7-9`) separated by commas or spaces; or a
        JSON object of orders and lists of cells. An order without cells only states a resolution.

    Returns
    -------
    str
        The ranges of hpx29, as PostgreSQL writes an int8multirange.

    Raises
    ------
    ValueError
        If the text is no MOC: the sentence names the part at fault.

    Examples
    --------
    >>> moc("28/0-1 2") == moc('{"28": [0, 1, 2]}') == "{[0,12)}"
    True
    """
    stripped = text.strip()
    cells = _cells_of_json(stripped) if stripped.startswith("{") else _cells_of_text(stripped)
    return write_multirange(_united([_checked(*cell) for cell in cells]))


def moc_text(moc: str) -> str:
    """Write a MOC, given as PostgreSQL writes a multirange, as `order/cells` groups.

    Examples
    --------
    >>> moc_text("{[0,12)}")
    '28/0-2'
    """
    groups = []
    for order, cells in _by_order(moc).items():
        joined = _united([(cell, cell + 1) for cell in cells])
        runs = [f"{lo}" if hi == lo + 1 else f"{lo}-{hi - 1}" for lo, hi in joined]
        groups.append(f"{order}/{' '.join(runs)}")
    return " ".join(groups)


def moc_json(moc: str) -> str:
    """Write a MOC, given as PostgreSQL writes a multirange, as JSON.

    Examples
    --------
    >>> moc_json("{[0,12)}")
    '{"28": [0, 1, 2]}'
    """
    return json.dumps(_by_order(moc))


def polygon_moc(vertices: Sequence[float], max_order: int) -> str:
    """Return the cells of at most an order that touch a polygon, as a multirange.

    Parameters
    ----------
    vertices : sequence of float
        ra, dec, ra, dec, ... [deg], as `Polygon` takes them.
    max_order : int
        Cells on the outline are of this order, 0 to 29; those are with them that the outline
        misses by up to a quarter of their size.

    Raises
    ------
    ValueError
        If the outline is too long for cells so small: the sentence names the order that does.

    Examples
    --------
    >>> moc_text(polygon_moc([30.0, 30.0, 60.0, 30.0, 45.0, 60.0], 0))
    '0/0'
    """
    if not 0 <= max_order <= ORDER:
        raise ValueError(f"max_order = {max_order} is no order of HEALPix cells: give 0 to {ORDER}")
    shape, finest = polygon(vertices), min(ORDER, max_order + FINER)
    if shape.perimeter * (1 << finest) > MOST_CELLS:
        raise ValueError(
            f"the outline is {math.degrees(shape.perimeter):.3g} degrees long, too much for cells "
            f"of order {max_order}: give max_order = "
            f"{math.floor(math.log2(MOST_CELLS / shape.perimeter)) - FINER}"
        )
    fine = cover(shape, 0.0, finest)
    size = 1 << 2 * (ORDER - max_order)
    whole = [(lo // size * size, -(-hi // size) * size) for lo, hi in fine]
    return write_multirange(_united(whole))


def read_multirange(text: str) -> Ranges:
    """Read the ranges of an int8multirange, which PostgreSQL writes as {[lo,hi),...}."""
    ranges = [(int(lo), int(hi)) for lo, hi in re.findall(r"\[(-?\d+),(-?\d+)\)", text)]
    if text.count(",") != max(0, 2 * len(ranges) - 1) or any(
        lo < 0 or hi > CELLS for lo, hi in ranges
    ):
        raise ValueError(
            f"this multirange is no MOC: its ranges must lie in [0, {CELLS}), the keys hpx29; "
            "make one with sky.moc"
        )
    return ranges


def write_multirange(ranges: Ranges) -> str:
    """Write ranges as PostgreSQL does."""
    return "{" + ",".join(f"[{lo},{hi})" for lo, hi in ranges) + "}"


def _united(ranges: Ranges) -> Ranges:
    """Return the union of ranges in any order."""
    united: Ranges = []
    for lo, hi in sorted(ranges):
        if united and lo <= united[-1][1]:
            united[-1] = united[-1][0], max(hi, united[-1][1])
        else:
            united.append((lo, hi))
    return united


def _cells_of_text(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield order, first and last cell of each part of a MOC in text."""
    order = None
    for part in re.findall(r"\d+\s*/|[^\s,]+", text):
        if part.endswith("/"):
            order = int(part[:-1])
            continue
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if order is None or not found:
            raise ValueError(
                f"{part!r} is no part of a MOC: write an order, a slash, and its cells, as in "
                "3/1-4 7 5/100"
            )
        yield order, int(found[1]), int(found[2] or found[1])


def _cells_of_json(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield order and cell (twice) of each cell of a MOC in JSON."""
    try:
        orders = json.loads(text)
        pairs = [(int(order), int(cell)) for order, cells in orders.items() for cell in cells]
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f'this is no MOC in JSON ({error}): write orders and their cells, as in {{"3": [1, 2]}}'
        ) from None
    for order, cell in pairs:
        yield order, cell, cell


def _checked(order: int, first: int, last: int) -> tuple[int, int]:
    """Return the range of hpx29 of cells first to last of an order."""
    if not 0 <= order <= ORDER:
        raise ValueError(f"order {order} of a MOC is outside 0 to {ORDER}")
    if not 0 <= first <= last < 12 * 4**order:
        raise ValueError(
            f"cells {first} to {last} are not among the {12 * 4**order} of order {order}: "
            f"a MOC numbers them in NESTED order, from 0 to {12 * 4**order - 1}"
        )
    return cell_range(order, first)[0], cell_range(order, last)[1]


def _by_order(moc: str) -> dict[int, list[int]]:
    """Return the largest cells that make up a MOC: ascending lists, by order."""
    cells: dict[int, list[int]] = {order: [] for order in range(ORDER + 1)}
    for lo, hi in read_multirange(moc):
        while lo < hi:
            # A cell begins at a multiple of its size and ends before hi.
            aligned = (lo & -lo).bit_length() - 1 if lo else 2 * ORDER
            shift = min(aligned, (hi - lo).bit_length() - 1, 2 * ORDER) // 2
            cells[ORDER - shift].append(lo >> 2 * shift)
            lo += 1 << 2 * shift
    return {order: listed for order, listed in cells.items() if listed}
