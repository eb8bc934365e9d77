"""Which load has the place of a content that was replaced: the end of a chain in the ledger."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.fix_db import Connect

Row = tuple[str, str, int | None, int | None]


@pytest.fixture
def ledger(module_connect: Connect) -> Iterator[psycopg.Connection]:
    """A connection of the owner to a database of this module, whose ledger is and stays empty."""
    connection = module_connect("owner")
    yield connection
    connection.rollback()


@pytest.mark.parametrize(
    ("rows", "heir"),
    [
        pytest.param([], None, id="never loaded"),
        pytest.param([("old", "loaded", None, None)], None, id="loaded itself"),
        pytest.param([("old", "undone", None, None)], None, id="undone"),
        pytest.param([("old", "replaced", 2, None), ("a", "loaded", None, None)], 2, id="replaced"),
        pytest.param(
            [("old", "replaced", 2, None), ("a", "undone", None, None)], None, id="heir undone"
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "replaced", 3, None),
                ("b", "replaced", 4, None),
                ("c", "loaded", None, None),
            ],
            4,
            id="chain",
        ),
        pytest.param(
            [("old", "replaced", 2, None), ("a", "replaced", 3, None), ("b", "undone", None, None)],
            None,
            id="chain whose end is undone",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "replaced", 3, None),
                ("b", "undone", None, None),
                ("a", "loaded", None, None),
            ],
            4,
            id="its successor was loaded again",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "loaded", None, None),
                ("old", "refused", None, None),
                ("old", "loading", None, None),
            ],
            2,
            id="later attempts were refused and killed",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "loaded", None, None),
                ("a", "refused", None, None),
            ],
            2,
            id="a later attempt of its successor was refused",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "replaced", 3, None),
                ("old", "loaded", None, None),
            ],
            None,
            id="it came back",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "replaced", 3, None),
                ("old", "undone", None, None),
            ],
            None,
            id="it came back and was undone",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "replaced", 3, None),
                ("old", "replaced", 4, None),
                ("a", "loaded", None, None),
            ],
            4,
            id="to and fro",
        ),
        pytest.param(
            [
                ("manifest", "replaced", 3, None),
                ("old", "replaced", 3, 1),
                ("newer manifest", "loaded", None, None),
                ("a", "loaded", None, 3),
            ],
            3,
            id="a file of a unit",
        ),
        pytest.param(
            [
                ("old", "replaced", 2, None),
                ("a", "replaced", 3, None),
                ("manifest", "loaded", None, None),
                ("a", "loaded", None, 3),
            ],
            3,
            id="its successor is in a unit now",
        ),
    ],
)
def test_the_heir_is_at_the_end_of_the_chain(
    ledger: psycopg.Connection, rows: list[Row], heir: int | None
) -> None:
    """Rows are entered as loads 1, 2 and so on: content, state, successor and unit."""
    enter = (
        "INSERT INTO meta.Load (loadId, contentHash, path, state, byteCount, startedAt,"
        " codeVersion, host, context) OVERRIDING SYSTEM VALUE"
        " VALUES (%s, %s, '/f', %s, 0, now(), '', '', '{}')"
    )
    refer = "UPDATE meta.Load SET replacedBy = %s, unitId = %s WHERE loadId = %s"
    for load_id, (content, state, _, _) in enumerate(rows, 1):
        ledger.execute(enter, (load_id, content, state))
    for load_id, (_, _, successor, unit) in enumerate(rows, 1):
        ledger.execute(refer, (successor, unit, load_id))
    assert ledger.execute("SELECT meta.find_heir('old')").fetchone() == (heir,)
