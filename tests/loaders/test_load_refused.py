"""A file with anything wrong in it is refused as a whole, and the ledger says why."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import (
    N,
    detector_columns,
    source_columns,
    visit_columns,
    write_catalog,
    write_sources,
    write_visit,
)
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]
Damage = Callable[[Path], Path]

GOOD_IDS = 5 * 2**26 + np.arange(N)
"""Ids of sources that are in the table before a bad file comes."""


def on_detector(detector: int) -> npt.NDArray[np.int32]:
    """Return the column of a catalog of one detector."""
    return np.full(N, detector, np.int32)


@pytest.fixture(scope="module")
def visit(
    module_connect: Connect, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """A loader of a database with one visit, some detectors, and the sources of one of them."""
    folder = tmp_path_factory.mktemp("good")
    for detector in (4, 11, 12, 13):
        write_visit(folder, detector=detector)
    write_sources(folder, sourceId=GOOD_IDS, detector=on_detector(11))
    connection = module_connect("loader")
    assert {result.state for result in load_paths(connection, [folder])} == {"loaded"}
    yield connection


def state(connection: Connection) -> list[tuple[Any, ...]]:
    """Everything a refused file must leave as it was."""
    query = (
        "SELECT 'Source', count(*), sum(psfInstFlux), max(loadId) FROM raw.Source UNION ALL "
        "SELECT 'Visit', count(*), sum(expTime), max(loadId) FROM raw.Visit UNION ALL "
        "SELECT 'VisitDetector', count(*), sum(gain), max(loadId) FROM raw.VisitDetector UNION ALL "
        "SELECT 'Load', count(*), sum(rowCount), max(loadId) FROM meta.Load WHERE state = 'loaded'"
    )
    with connection.transaction():
        return connection.execute(query).fetchall()


SOUND: Mapping[str, Callable[[], dict[str, Any]]] = {
    "Source": source_columns,
    "Visit": partial(visit_columns, 41),
    "VisitDetector": partial(detector_columns, detector=9),
}
"""By kind, columns that can be loaded."""


def retry(connection: Connection, path: Path, kind: str) -> None:
    """Load a sound file in the place of a bad one; take it out again, and put the bad one back."""
    bad, columns = path.read_bytes(), SOUND[kind]()
    if path.suffix == ".parquet":
        write_catalog(path, kind, columns)
    else:
        Table(columns).write(path, overwrite=True)
    result = load_file(connection, path, kind)
    assert (result.state, result.rows) == ("loaded", len(columns["visit"]))
    check_invariants(connection)
    undo_load(connection, result.load_id or 0)
    path.write_bytes(bad)


def refuse(
    connection: Connection, path: Path, *words: str, sound: str | None = "Source", **options: Any
) -> str:
    """Load a bad file; check that nothing of it stays and that all words are in the reason.

    Then a sound file of the same name is loaded, unless its kind is None: the test does it.
    """
    before = state(connection)
    with pytest.raises(RefusedError) as caught:
        load_file(connection, path, **options)
    reason = str(caught.value)
    assert state(connection) == before
    query = "SELECT state, error, path, rowCount FROM meta.Load ORDER BY loadId DESC LIMIT 1"
    with connection.transaction():
        row = connection.execute(query).fetchone()
    assert row == ("refused", reason, str(path), None)
    for word in (str(path), *words):
        assert word in reason, reason
    check_invariants(connection)
    if sound is not None:
        retry(connection, path, sound)
        assert state(connection) == before
    return reason


def changed(name: str, row: int, value: Any) -> dict[str, Any]:
    """Return one of the good columns with one bad value."""
    values = source_columns()[name].copy()
    values[row] = value
    return {name: values}


BAD_VALUES = {
    "NaN position": (changed("ra", 7, np.nan), "column ra", "row 7", "value nan", "drop the row"),
    "infinite position": (changed("dec", 7, np.inf), "column dec", "row 7", "inf", "infinite"),
    "beyond the pole": (changed("dec", 49, -90.1), "column dec", "row 49", "-90.1", "[-90, 90]"),
    "a full turn": (changed("ra", 0, 360.0), "column ra", "row 0", "360.0", "modulo 360"),
    "negative ra": (changed("ra", 3, -1e-9), "column ra", "row 3", "-1e-09", "modulo 360"),
    "negative error": (changed("psfInstFluxErr", 9, -1.0), "psfInstFluxErr", "row 9", "-1.0"),
    "infinite flux": (changed("psfInstFlux", 5, np.inf), "psfInstFlux", "row 5", "write NULL"),
    "duplicate id": (changed("sourceId", 8, 17 * 2**26 + 30), "sourceId", "row 30", "Row 8"),
    "unknown visit": (changed("visit", 20, 18), "visit, detector", "row 20", "18, 4", "first"),
    "unknown detector": (changed("detector", 21, 5), "row 21", "17, 5", "raw.VisitDetector"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_bad_value_is_named(visit: Connection, tmp_path: Path, name: str) -> None:
    changes, *words = BAD_VALUES[name]
    refuse(visit, write_sources(tmp_path, **changes), *words)


BAD_COLUMNS: dict[str, tuple[Any, ...]] = {
    "missing": ({"ra": None}, "column ra", "does not have it", "--set ra="),
    "misspelt": ({"psfInstFlx": np.zeros(N)}, "column psfInstFlx", "leave it out"),
    "misspelt and missing": (
        {"psfInstFlux": None, "psfInstFlx": np.zeros(N)},
        *("column psfInstFlx", "rename it to psfInstFlux"),
    ),
    "text for a number": ({"x": ["1.0"] * N}, "column x", "text", "write it as float64"),
    "real for an id": ({"sourceId": np.arange(N) * 1.0}, "column sourceId", "write it as int64"),
    "number for a flag": ({"psfInstFlux_flag": np.zeros(N, int)}, "psfInstFlux_flag", "as bool"),
    "array for a number": (
        {"x": pa.array([[1.0]] * N)},
        *("column x", "float64[]", "write it as float64"),
    ),
    "id beyond 64 bits": (
        {"sourceId": np.arange(N, dtype=np.uint64) + np.uint64(2**63)},
        *("column sourceId", "row 0", "9223372036854775808", "does not fit bigint"),
    ),
    "detector beyond 32 bits": (
        {"detector": np.full(N, 2**31)},
        *("column detector", "row 0", "2147483648", "does not fit integer"),
    ),
    "flux beyond a real": ({"ixx": np.full(N, 1e39)}, "column ixx", "row 0", "does not fit"),
    "NULL id": (
        {"sourceId": pa.array([None, *range(1, N)], pa.int64())},
        *("column sourceId", "row 0", "It is NULL"),
    ),
    "NULL flag": (
        {"psfInstFlux_flag": pa.array([True, None] * (N // 2))},
        *("column psfInstFlux_flag", "row 1", "It is NULL"),
    ),
}


@pytest.mark.parametrize("name", BAD_COLUMNS)
def test_a_bad_column_is_named(visit: Connection, tmp_path: Path, name: str) -> None:
    changes, *words = BAD_COLUMNS[name]
    refuse(visit, write_sources(tmp_path, **changes), *words)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("m", ("'m' cannot be converted to 'deg'", "the unit of ra")),
        ("gurk", ("'gurk' cannot be converted",)),
    ],
)
def test_a_wrong_unit_is_refused(
    visit: Connection, tmp_path: Path, unit: str, words: tuple[str, ...]
) -> None:
    path = write_catalog(tmp_path / "s.parquet", "Source", source_columns(), {"ra": unit})
    refuse(visit, path, "column ra", *words)


def test_a_unit_of_an_integer_is_not_converted(visit: Connection, tmp_path: Path) -> None:
    columns = detector_columns(detector=9)
    path = write_catalog(tmp_path / "d.parquet", "VisitDetector", columns, {"nx": "adu"})
    refuse(visit, path, "column nx", "'adu'", "'pixel'", sound="VisitDetector")


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", ["s.parquet", "s.fits", "s.fits.gz"])
def test_a_truncated_file_is_refused(
    visit: Connection, tmp_path: Path, name: str, kept: float
) -> None:
    path = tmp_path / name
    if name == "s.parquet":
        write_sources(tmp_path, name)
    else:
        Table(source_columns()).write(path)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    refuse(visit, path, "copy it again" if kept > 0.1 else "", kind="Source")


@pytest.mark.parametrize("name", ["s.parquet", "s.fits"])
def test_a_changed_bit_is_noticed_where_the_file_has_checksums(
    visit: Connection, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "s.parquet":
        table = pa.table(source_columns()).replace_schema_metadata({"skytract.kind": "Source"})
        pq.write_table(table, path, write_page_checksum=True, compression="none")
    else:
        fits.BinTableHDU(Table(source_columns())).writeto(path, checksum=True)
    data = bytearray(path.read_bytes())
    order = "<f8" if name == "s.parquet" else ">f8"
    data[data.index(source_columns()["x"].astype(order)[7:8].tobytes())] ^= 1
    path.write_bytes(data)
    refuse(visit, path, "copy it again", kind="Source")


def test_an_empty_table_is_refused(visit: Connection, tmp_path: Path) -> None:
    columns = {name: values[:0] for name, values in source_columns().items()}
    refuse(visit, write_catalog(tmp_path / "s.parquet", "Source", columns), "no rows")


def test_a_file_that_is_no_catalog_is_refused(visit: Connection, tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    path.write_text("sourceId,ra,dec\n")
    refuse(visit, path, "no Parquet, FITS, ECSV or VOTable file")
    path.write_bytes(b"")
    refuse(visit, path, "It is empty")
    image = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(image)
    refuse(visit, image, "no whole binary table")


def test_an_id_of_an_earlier_load_is_refused(visit: Connection, tmp_path: Path) -> None:
    """At another position: the primary key, which has the position's key in it, allows that."""
    ids = GOOD_IDS[-1] + np.arange(N)
    words = ("column sourceId", f"value {GOOD_IDS[-1]}", "brought a row with the same id")
    refuse(visit, write_sources(tmp_path, sourceId=ids), *words)


def test_a_row_of_an_earlier_load_is_refused(visit: Connection, tmp_path: Path) -> None:
    """At the same position: here the primary key refuses, and the row is found again."""
    ids = 6 * 2**26 + np.arange(N)
    ids[33] = GOOD_IDS[33]
    words = (
        "column sourceId",
        "row 33",
        f"value {GOOD_IDS[33]}",
        "raw.Source has this row already",
    )
    refuse(visit, write_sources(tmp_path, sourceId=ids), *words)


def test_ids_between_those_of_an_earlier_load_are_free(visit: Connection, tmp_path: Path) -> None:
    even = 9 * 2**26 + 2 * np.arange(N)
    one = write_sources(tmp_path, "a.parquet", sourceId=even, detector=on_detector(12))
    two = write_sources(tmp_path, "b.parquet", sourceId=even + 1, detector=on_detector(13))
    assert load_file(visit, one).rows == load_file(visit, two).rows == N


def test_a_visit_that_is_known_already_is_refused(visit: Connection, tmp_path: Path) -> None:
    columns = visit_columns() | {"expTime": [31.0]}
    path = write_catalog(tmp_path / "v.parquet", "Visit", columns)
    words = ("Visit 17 is loaded already as load 1 from", "Visit_17.parquet", "--replace")
    refuse(visit, path, *words, sound="Visit")


def test_a_detector_of_an_unknown_visit_is_refused(visit: Connection, tmp_path: Path) -> None:
    path = write_catalog(tmp_path / "d.parquet", "VisitDetector", detector_columns(visit=99))
    words = ("column visit", "row 0", "value 99", "raw.Visit does not have it")
    refuse(visit, path, *words, sound="VisitDetector")


def test_a_band_is_one_of_six(visit: Connection, tmp_path: Path) -> None:
    columns = visit_columns(40) | {"band": ["HSC-I"]}
    path = write_catalog(tmp_path / "v.parquet", "Visit", columns)
    refuse(visit, path, "column band", "row 0", "value HSC-I", "physical_filter", sound="Visit")


def test_elements_of_arrays_are_numbers(visit: Connection, tmp_path: Path) -> None:
    columns = detector_columns(detector=9) | {"sipA": pa.array([[0.0, None, 1.0, 2.0]])}
    path = write_catalog(tmp_path / "d.parquet", "VisitDetector", columns)
    words = ("row 0", "value nan: It is no finite number (element 1 of its array, from 0)")
    refuse(visit, path, "column sipA", *words, sound="VisitDetector")


def test_distortions_have_the_terms_of_their_order(visit: Connection, tmp_path: Path) -> None:
    columns = detector_columns(detector=9) | {"sipB": pa.array([[0.0, 1.0, 2.0]])}
    path = write_catalog(tmp_path / "d.parquet", "VisitDetector", columns)
    words = ("column sipB", "row 0", "sipB has 3 elements, and sipOrder is 1")
    refuse(visit, path, *words, sound="VisitDetector")


def test_kind_and_dialect_are_told_or_asked_for(visit: Connection, tmp_path: Path) -> None:
    path = write_catalog(tmp_path / "s.parquet", None, source_columns() | {"flux": np.zeros(N)})
    refuse(visit, path, "fit no dialect", "for Source it has flux", "--dialect")
    refuse(visit, path, "column flux", "leave it out", kind="Source")
    path = write_sources(tmp_path, "k.parquet")
    refuse(visit, path, "of kind Source, not Visit", kind="Visit")
    path = write_catalog(tmp_path / "g.parquet", "Galaxy", source_columns())
    refuse(visit, path, "no kind Galaxy", "ReferenceStar")


def test_a_setting_must_be_a_column_that_the_file_lacks(visit: Connection, tmp_path: Path) -> None:
    path = write_sources(tmp_path, visit=None)
    refuse(visit, path, "no column vist", "say visit", constants={"vist": 17})
    refuse(visit, path, "column visit", "value seventeen", constants={"visit": "seventeen"})
    refuse(visit, path, "column x", "the file has it", constants={"x": 1.0, "visit": 17})


def test_a_refused_file_can_be_loaded_when_the_cause_is_mended(
    loader: Connection, tmp_path: Path
) -> None:
    path = write_sources(tmp_path)
    refuse(loader, path, "raw.VisitDetector does not have it", sound=None)
    list(load_paths(loader, write_visit(tmp_path)))
    assert load_file(loader, path).state == "loaded"
    check_invariants(loader)
    query = "SELECT state FROM meta.Load WHERE path = %s ORDER BY loadId"
    assert loader.execute(query, [str(path)]).fetchall() == [("refused",), ("loaded",)]


def test_what_no_ledger_can_hold_is_written_out(visit: Connection, tmp_path: Path) -> None:
    """Zero bytes, line breaks and names that are no UTF-8 refuse a file, and stop no other."""
    odd = tmp_path / "odd\n\udce9"
    odd.mkdir()
    named = odd / "Visit.parquet"
    named.write_bytes(b"no catalog")
    columns = visit_columns(31) | {"physical_filter": ["HSC\0\x1b[2J"]}
    held = write_catalog(tmp_path / "zero.parquet", "Visit", columns)
    found = list(load_paths(visit, [named, held]))
    assert [result.state for result in found] == ["refused", "refused"]
    said = {result.path: str(result.error) for result in found}
    assert "value HSC\\x00\\x1b[2J: The text holds a zero byte" in said[held]
    assert "odd\\n\\udce9/Visit.parquet: " in said[named]
    assert all(error.isprintable() for error in said.values())
    query = "SELECT path, error FROM meta.Load WHERE state = 'refused' AND path LIKE %s"
    ((path, error),) = visit.execute(query, ("%udce9%",)).fetchall()
    visit.rollback()
    assert path.endswith("odd\\n\\udce9/Visit.parquet") and error == said[named]
    check_invariants(visit)
    retry(visit, held, "Visit")
    # Arrow opens no file by such a name.
    named.write_bytes(write_catalog(held, "Visit", visit_columns(31)).read_bytes())
    [result] = load_paths(visit, [named])
    assert (result.state, result.rows) == ("loaded", 1)
    check_invariants(visit)
    undo_load(visit, result.load_id or 0)
