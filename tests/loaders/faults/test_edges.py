"""Values at the edge of what is allowed, and just beyond; the same things said in FITS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skytract.loaders.load import load_file
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_unit import load_unit
from skytract.loaders.manifest import write_manifest
from skytract.loaders.undo import undo_load
from tests.loaders.catalogs import (
    DETECTOR,
    VISIT,
    N,
    source_columns,
    write_catalog,
)
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]

LAST = float(np.nextafter(360, 0))
NEAR_POLE = float(np.nextafter(90, 0))
BEYOND_POLE = float(np.nextafter(90, 91))

POSITION = """
    SELECT ra, dec, hpx29 >> 58, tableoid::regclass::text FROM raw.Source
    WHERE loadId = %s ORDER BY sourceId LIMIT 1"""


@pytest.fixture
def sound(visits: Connection) -> Iterator[Connection]:
    yield visits
    check_invariants(visits)


def try_position(loader: Connection, folder: Path, ra: float, dec: float) -> tuple[Any, ...] | None:
    """Return the row of a source at a position, None if the position is refused."""
    columns = source_columns()
    columns["ra"][0], columns["dec"][0] = ra, dec
    path = write_catalog(folder / "Source.parquet", "Source", columns)
    try:
        load_id = load_file(loader, path).load_id
    except RefusedError as error:
        assert "row 0 (from 0)" in str(error)
        return None
    assert load_id is not None
    with loader.transaction():
        row = loader.execute(POSITION, [load_id]).fetchone()
    undo_load(loader, load_id)
    return row


angles = st.one_of(st.floats(), st.floats(-100, 400))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ra=angles, dec=angles)
@example(0.0, 90.0)
@example(LAST, 90.0)
@example(0.0, -90.0)
@example(LAST, NEAR_POLE)
@example(LAST, 0.0)
@example(-0.0, -0.0)
@example(5e-324, 0.0)
@example(-5e-324, 0.0)
@example(360.0, 0.0)
@example(0.0, BEYOND_POLE)
@example(0.0, -BEYOND_POLE)
def test_a_position_on_the_sphere_is_kept_as_it_is_and_any_other_refused(
    sound: Connection, tmp_path: Path, ra: float, dec: float
) -> None:
    row = try_position(sound, tmp_path, ra, dec)
    if not (0 <= ra < 360 and -90 <= dec <= 90):
        assert row is None
        return
    assert row is not None and row[:2] == (ra, dec)
    assert row[3] == f"raw.source_p0_{row[2]}"


def test_the_caps_and_the_equator_lie_in_their_base_cells(
    sound: Connection, tmp_path: Path
) -> None:
    """Cells 0-3 have the north pole, 8-11 the south pole; on the equator RA 0 is amid cell 4."""
    for ra, dec, cells in [
        (10.0, 90.0, {0}),
        (100.0, NEAR_POLE, {1}),
        (LAST, -90.0, {8, 11}),
        (0.0, 0.0, {4}),
        (LAST, 0.0, {4}),
        (45.0, 0.0, {0, 4, 5, 8}),
    ]:
        row = try_position(sound, tmp_path, ra, dec)
        assert row is not None and row[2] in cells, (ra, dec, row)


def write_fits(path: Path, columns: dict[str, Any], **cards: Any) -> Path:
    table = fits.BinTableHDU(Table(columns))
    table.header.update(cards)
    table.writeto(path, overwrite=True)
    return path


def with_column(name: str, values: Any) -> dict[str, Any]:
    return source_columns() | {name: values}


NAN_RA = np.where(np.arange(N) == 7, np.nan, 320.8)

BAD_TABLES: dict[str, tuple[Any, ...]] = {
    "NaN position": (with_column("ra", NAN_RA), {}, "column ra", "row 7", "value nan"),
    "wrong unit": (source_columns(), {"TUNIT4": "m"}, "column ra", "'m' cannot be converted"),
    "pairs": (with_column("x", np.zeros((N, 2))), {}, "column x", "float64[]", "write it as"),
    "coarse position": (
        with_column("dec", np.zeros(N, np.float32)),
        {},
        *("column dec", "float32", "write it as float64"),
    ),
    "wide id": (with_column("detector", np.full(N, 2**31)), {}, "row 0", "does not fit integer"),
    "missing": ({k: v for k, v in source_columns().items() if k != "dec"}, {}, "column dec"),
    "extra": (with_column("colour", np.zeros(N)), {}, "column colour", "leave it out"),
    "no rows": ({k: v[:0] for k, v in source_columns().items()}, {}, "no rows"),
    "unknown visit": (with_column("visit", np.full(N, 10**6)), {}, "visit", "load the file with"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_fits_table_is_refused_in_the_same_words(
    sound: Connection, tmp_path: Path, name: str
) -> None:
    columns, cards, *words = BAD_TABLES[name]
    with pytest.raises(RefusedError) as caught:
        load_file(sound, write_fits(tmp_path / "s.fits", columns, **cards), kind="Source")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    check_invariants(sound)
    load_id = load_file(sound, write_fits(tmp_path / "s.fits", source_columns()), "Source").load_id
    assert load_id is not None
    undo_load(sound, load_id)


def test_a_flag_is_true_or_false(sound: Connection, tmp_path: Path) -> None:
    path = write_fits(tmp_path / "s.fits", source_columns())
    content, rows = path.read_bytes(), fits.getdata(path)
    flag = content.index(rows.tobytes()) + rows.dtype.fields["psfInstFlux_flag"][1]
    path.write_bytes(content[:flag] + b"1" + content[flag + 1 :])
    with pytest.raises(RefusedError, match="psfInstFlux_flag is neither T nor F"):
        load_file(sound, path, "Source")
    check_invariants(sound)
    path.write_bytes(content)
    undo_load(sound, load_file(sound, path, "Source").load_id or 0)


def test_narrow_numbers_are_loaded_as_they_are(sound: Connection, tmp_path: Path) -> None:
    columns = source_columns() | {
        "detector": np.full(N, DETECTOR, np.int16),
        "x": np.arange(N, dtype=np.float32) / 4,
        "sourceId": np.arange(N, dtype=np.uint8),
    }
    load_id = load_file(sound, write_fits(tmp_path / "s.fits", columns), "Source").load_id
    query = "SELECT sourceId, detector, x FROM raw.Source WHERE loadId = %s ORDER BY sourceId"
    with sound.transaction():
        rows = sound.execute(query, [load_id]).fetchall()
    assert rows == [(i, DETECTOR, i / 4) for i in range(N)]
    assert load_id is not None
    undo_load(sound, load_id)


@pytest.mark.parametrize("moved", [False, True])
def test_an_id_in_two_files_of_a_unit_is_refused(
    sound: Connection, tmp_path: Path, moved: bool
) -> None:
    """At the same position, where the primary key says so, and at another one."""
    first, second = source_columns(), source_columns(visit=VISIT + 1)
    second["sourceId"][30] = first["sourceId"][8]
    if not moved:
        second["ra"][30], second["dec"][30] = first["ra"][8], first["dec"][8]
    unit = tmp_path / "unit"
    unit.mkdir()
    write_catalog(unit / "a.parquet", "Source", first)
    write_catalog(unit / "b.parquet", "Source", second)
    write_manifest(unit, "two visits")
    with pytest.raises(RefusedError, match=f"b.parquet.*value {first['sourceId'][8]}"):
        load_unit(sound, unit)
    check_invariants(sound)
    second["sourceId"][30] += 10**6
    write_catalog(unit / "b.parquet", "Source", second)
    write_manifest(unit, "two visits")
    undo_load(sound, load_unit(sound, unit).load_id or 0)
