"""Zero points of a visit in an array: the same as their rows, whatever was done to those."""

import numpy as np
import psycopg
import pytest

from skytract.loaders.migrate import downgrade, migrate
from tests.fix_db import Connect
from tests.loaders.paused import start, wait_for_lock

SEED = 20250711
DETECTORS = (-(2**31), -2, 0, 1, 255, 256, 2**31 - 1)
INSERT = (
    "INSERT INTO calibration.PhotoCalib (solutionId, visit, detector, band, zMean, zErr, zeroPoint,"
    " zeroPointErr, colourTerm, colour, rms, nStar, meanChrom)"
    " SELECT s, v, d, 'r', z, 0, 0, 0, 0, 'none', 0, 0, 0"
    " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::float8[]) AS t (s, v, d, z)"
)


def solutions(owner: psycopg.Connection, n: int = 2) -> list[int]:
    """Enter solutions and return their ids."""
    return [
        owner.execute(
            "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)"
            " VALUES (%s, 'photometry', '{}', '1', now()) RETURNING solutionId",
            (f"packed{number}",),
        ).fetchall()[0][0]
        for number in range(n)
    ]


def as_rows(owner: psycopg.Connection) -> dict[tuple[int, int, int], float]:
    """Zero points by solution, visit and detector, as they are kept."""
    rows = owner.execute("SELECT solutionId, visit, detector, zMean FROM calibration.PhotoCalib")
    return {(s, v, d): z for s, v, d, z in rows}


def as_arrays(owner: psycopg.Connection) -> dict[tuple[int, int, int], float]:
    """The same from the arrays: at most 256 each, the last of which is one."""
    found = {}
    for solution, visit, first, zero_points in owner.execute(
        "SELECT solutionId, visit, firstDetector, zMean FROM calibration.VisitPhotoCalib"
    ):
        assert first % 256 == 0
        assert len(zero_points) <= 256
        assert zero_points[-1] is not None
        found |= {
            (solution, visit, first + n): z for n, z in enumerate(zero_points) if z is not None
        }
    return found


def test_arrays_follow_any_change(owner: psycopg.Connection) -> None:
    """Detectors from the least to the greatest number there is; keys are changed, too."""
    one, two = solutions(owner)
    rng = np.random.default_rng(SEED)
    keys = [(s, v, d) for s in (one, two) for v in (1, 2, 3) for d in DETECTORS]
    for chosen in (rng.permutation(keys)[:14], np.array([(one, 7, 3)])):
        columns = [column.tolist() for column in chosen.T]
        owner.execute(INSERT, (*columns, rng.uniform(1.0, 9.0, len(chosen)).tolist()))
        assert as_arrays(owner) == as_rows(owner)
    for change in (
        "UPDATE calibration.PhotoCalib SET zMean = zMean * 2 WHERE detector > 0",
        "UPDATE calibration.PhotoCalib SET visit = 8 WHERE visit = 7",
        "UPDATE calibration.PhotoCalib SET detector = detector - 100 WHERE detector > 0",
        f"UPDATE calibration.PhotoCalib SET visit = visit + 10 WHERE solutionId = {two}",
        "UPDATE calibration.PhotoCalib SET zMean = 0 WHERE false",
        "DELETE FROM calibration.PhotoCalib WHERE detector IN (-2, 156)",
        "DELETE FROM calibration.PhotoCalib WHERE visit = 1",
        "DELETE FROM calibration.PhotoCalib",
        INSERT.replace("%s", f"'{{{one}}}'"),
        "TRUNCATE calibration.PhotoCalib",
    ):
        owner.execute(change.encode())
        assert as_arrays(owner) == as_rows(owner), change


def test_zero_points_there_were_are_packed_by_the_migration(owner: psycopg.Connection) -> None:
    downgrade(owner, "0007")
    (solution,) = solutions(owner, 1)
    n = len(DETECTORS)
    owner.execute(INSERT, ([solution] * n, [1] * n, list(DETECTORS), [*range(n)]))
    owner.commit()
    migrate(owner)
    assert as_arrays(owner) == as_rows(owner)
    assert len(as_rows(owner)) == n


def test_who_writes_to_the_same_visit_waits(owner: psycopg.Connection, connect_to: Connect) -> None:
    """Of one visit, in a transaction beside another that has not ended: no zero point is lost."""
    (solution,) = solutions(owner, 1)
    owner.execute(INSERT, ([solution], [1], [3], [3.0]))
    owner.commit()
    other, watcher = connect_to("owner"), connect_to("owner")
    owner.execute(INSERT, ([solution], [1], [4], [4.0]))
    writing = start(other.execute, INSERT, ([solution], [1], [5], [5.0]))
    wait_for_lock(other, writing, watcher)
    owner.commit()
    writing.result()
    other.commit()
    assert as_arrays(owner) == as_rows(owner)
    assert len(as_rows(owner)) == 3


def test_a_manager_adds_zero_points_and_never_writes_arrays(connect_to: Connect) -> None:
    manager = connect_to("manager")
    (solution,) = solutions(manager, 1)
    manager.execute(INSERT, ([solution] * 2, [1, 1], [4, 6], [2.0, 3.0]))
    assert as_arrays(manager) == {(solution, 1, 4): 2.0, (solution, 1, 6): 3.0}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        manager.execute(
            "INSERT INTO calibration.VisitPhotoCalib (solutionId, visit, firstDetector, zMean)"
            " VALUES (%s, 9, 0, '{1}')",
            (solution,),
        )
