"""Words that depend on numbers."""


def count(number: int, thing: str) -> str:
    """Name so many things, whose plural ends in s.

    Examples
    --------
    >>> count(1, "row"), count(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
