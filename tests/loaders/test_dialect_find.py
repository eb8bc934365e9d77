"""What a file is, is found from its content, confirmed where it is given, or asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skytract.loaders.dialect import OWN, read_dialect
from skytract.loaders.dialect_find import describe, find_kind, find_match
from skytract.loaders.errors import SkytractError
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import kinds
from skytract.loaders.read_catalog import open_catalog
from tests.loaders.catalogs import source_columns, visit_columns, write_catalog
from tests.loaders.model_rows import model_rows, write_fits, write_parquet
from tests.loaders.planned import batches

WHERE = {"visit": 17, "detector": 4}


def write_tables(path: Path, *tables: Table) -> Path:
    """Write tables as the extensions of one FITS file; their `meta` is the header."""
    hdus = [fits.BinTableHDU(table) for table in tables]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def ldac(*tables: Table) -> list[Table]:
    """Return the tables as SExtractor lays them out: each after one with the image's header."""
    head = Table({"Field Header Card": ["SIMPLE  = T"]}, meta={"EXTNAME": "LDAC_IMHEAD"})
    for table in tables:
        table.meta["EXTNAME"] = "LDAC_OBJECTS"
    return [part for table in tables for part in (head, table)]


def objects(n: int = 5, first: int = 1, **changes: Any) -> Table:
    """Return objects as SExtractor lists them."""
    columns = {
        "NUMBER": np.arange(first, first + n, dtype=np.int32),
        "X_IMAGE": np.linspace(1, 100, n).astype(np.float32),
        "Y_IMAGE": np.linspace(2, 50, n).astype(np.float32),
        "ERRX2_IMAGE": np.full(n, 0.04),
        "ALPHA_J2000": np.linspace(10, 11, n),
        "DELTA_J2000": np.linspace(-1, 1, n),
        "FLAGS": np.arange(n, dtype=np.int16) * 4,
    }
    units = {"X_IMAGE": "pixel", "ERRX2_IMAGE": "pixel**2", "ALPHA_J2000": "deg"}
    kept = {name: v for name, v in (columns | changes).items() if v is not None}
    return Table(kept, units={name: unit for name, unit in units.items() if name in kept})


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("says", [True, False])
def test_the_kind_is_found_from_the_columns(tmp_path: Path, kind: str, says: bool) -> None:
    rows = model_rows(kind, null_flags=False)
    path = write_parquet(tmp_path / "a.parquet", kind, rows, says)
    assert find_kind(path) == kind


def test_fits_files_say_their_kind_or_are_told_by_their_columns(tmp_path: Path) -> None:
    path = write_fits(tmp_path / "a.fits", "Visit", model_rows("Visit"))
    assert find_kind(path) == "Visit"
    with fits.open(path) as file:
        del file[1].header["skytract.kind"]
        file.writeto(tmp_path / "b.fits")
    assert find_kind(tmp_path / "b.fits") == "Visit"


def test_what_the_loader_adds_may_be_there(tmp_path: Path) -> None:
    columns = source_columns() | {"hpx29": np.arange(50), "loadId": np.arange(50)}
    path = write_catalog(tmp_path / "a.parquet", None, columns)
    assert find_kind(path) == "Source"
    assert not batches(path)[0].columns.keys() & {"hpx29", "loadId"}


def test_a_kind_that_is_given_is_confirmed(tmp_path: Path) -> None:
    path = write_catalog(tmp_path / "a.parquet", "Source", source_columns())
    with open_catalog(path) as file:
        assert find_match(file, kind="source").target.kind == "Source"
        with pytest.raises(RefusedError, match=r"of kind Source, not Visit; leave --kind out"):
            find_match(file, kind="Visit")
        with pytest.raises(SkytractError, match=r"no kind 'Galaxy': choose one of Visit"):
            find_match(file, kind="Galaxy")


def test_unknown_columns_are_said_with_the_nearest_kind(tmp_path: Path) -> None:
    columns = visit_columns() | {"expTime": None, "exptime": [30.0]}
    kept = {name: values for name, values in columns.items() if values is not None}
    path = write_catalog(tmp_path / "a.parquet", None, kept)
    words = r"fit no dialect .*\(for Visit it lacks expTime and has exptime \(for expTime\?\)\)"
    with open_catalog(path) as file, pytest.raises(RefusedError, match=words):
        find_match(file)
    assert find_kind(path) is None
    with pytest.raises(RefusedError, match=r"column exptime: Visit has no such column; rename it"):
        batches(path, kind="Visit")


def test_positions_errors_and_flags_of_sextractor(tmp_path: Path) -> None:
    path = write_tables(tmp_path / "a.ldac", *ldac(objects()))
    [batch] = batches(path, constants=WHERE)
    found = {key: column.values for key, column in batch.columns.items()}
    np.testing.assert_array_equal(found["x"], objects()["X_IMAGE"] - 1.0)
    np.testing.assert_allclose(found["xErr"], 0.2, rtol=1e-7)
    np.testing.assert_array_equal(found["sourceId"], 17 * 2**26 + 4 * 2**18 + np.arange(1, 6))
    np.testing.assert_array_equal(found["pixelFlags_saturated"], [0, 1, 0, 1, 0])
    np.testing.assert_array_equal(found["pixelFlags_edge"], [0, 0, 1, 1, 0])
    assert found["psfInstFlux_flag"].all() and "psfInstFlux" not in found
    assert "yErr" not in found


def test_windowed_positions_go_with_their_own_errors(tmp_path: Path) -> None:
    windowed = {"XWIN_IMAGE": np.full(5, 8.0), "FLUX_PSF": np.full(5, 3.0)}
    path = write_tables(tmp_path / "a.ldac", *ldac(objects(**windowed)))
    [batch] = batches(path, constants=WHERE)
    assert (batch.columns["x"].values == 7).all() and "xErr" not in batch.columns
    ellipse = {f"ERR{name}WIN_IMAGE": np.full(5, v) for name, v in (("A", 3.0), ("B", 2.0))}
    ellipse["ERRTHETAWIN_IMAGE"] = np.full(5, 90.0)
    path = write_tables(tmp_path / "b.ldac", *ldac(objects(**windowed, **ellipse)))
    [batch] = batches(path, constants=WHERE)
    assert batch.columns["xErr"].values == pytest.approx(2.0)
    assert batch.columns["yErr"].values == pytest.approx(3.0)
    assert (batch.columns["psfInstFlux"].values == 3).all()
    assert "psfInstFlux_flag" not in batch.columns


def test_tables_of_one_file_are_read_one_after_the_other(tmp_path: Path) -> None:
    tables = ldac(objects(3), objects(4, first=4))
    path = write_tables(tmp_path / "a.ldac", *tables)
    ids = np.concatenate([b.columns["sourceId"].values for b in batches(path, constants=WHERE)])
    np.testing.assert_array_equal(ids & 0xFF, np.arange(1, 8))


def test_rows_are_those_that_the_file_brings(tmp_path: Path) -> None:
    """Not those of tables that are passed over, and one of a curve."""
    path = write_tables(tmp_path / "a.ldac", *ldac(objects(3), objects(4)))
    assert describe(path) == ("Source", 7)
    curve = Table({"wavelength": [1.0, 2.0, 3.0], "flux": [1.0, 2.0, 3.0]})
    assert describe(write_tables(tmp_path / "b.fits", curve, curve)) == ("Sed", 2)
    assert describe(write_tables(tmp_path / "c.fits", Table({"a": [1, 2]}))) == (None, 2)


BAD_TABLES: dict[str, tuple[Table, dict[str, Any], str]] = {
    "a bad row of the second table": (
        objects(2, ALPHA_J2000=[1.0, 400.0]),
        WHERE,
        r"a.ldac\[4\], column ALPHA_J2000, row 1 .*400.*outside \[0, 360\)",
    ),
    "another unit in the second table": (
        Table(objects(2), units={"ALPHA_J2000": "rad"}),
        WHERE,
        r"a.ldac\[4\], column ALPHA_J2000: It differs in type or unit from that of .*a.ldac\[2\]",
    ),
    "no position": (
        objects(2, ALPHA_J2000=None),
        WHERE,
        r"a.ldac\[4\], column ALPHA_J2000: It differs .* or is missing",
    ),
    "a detector without room": (
        objects(2),
        {"visit": 17, "detector": 256},
        r"a.ldac\[2\], column NUMBER, row 0 .*256: The detector has no room in an id",
    ),
    "no detector": (objects(2), {"visit": 17}, r"give it with --set detector="),
    "numbers that are texts": (
        objects(2, NUMBER=["1", "2"]),
        WHERE,
        r"a.ldac\[4\], column NUMBER: (It differs|sourceId cannot be made from it)",
    ),
    "a setting that nothing needs": (objects(2), WHERE | {"night": "1"}, r"no column night to set"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_refusals_name_the_table(tmp_path: Path, name: str) -> None:
    table, constants, words = BAD_TABLES[name]
    path = write_tables(tmp_path / "a.ldac", *ldac(objects(3), table))
    with pytest.raises(RefusedError, match=words):
        batches(path, constants=constants)


def test_a_column_in_another_unit_is_refused_or_converted(tmp_path: Path) -> None:
    """The dialect says degrees: a file in radians contradicts it. Our own is converted."""
    table = Table(objects(2), units={"ALPHA_J2000": "rad"})
    path = write_tables(tmp_path / "a.ldac", *ldac(table))
    with pytest.raises(RefusedError, match=r"states the unit 'rad', the dialect 'deg'"):
        batches(path, constants=WHERE)
    columns = source_columns(2) | {"ra": np.array([0.1, 0.2])}
    path = write_catalog(tmp_path / "a.parquet", "Source", columns, {"ra": "rad"})
    np.testing.assert_allclose(batches(path)[0].columns["ra"].values, np.degrees([0.1, 0.2]))


def test_what_a_function_makes_has_the_type_of_the_column(tmp_path: Path) -> None:
    for number in (["1", "2"], [1.5, 2.0]):
        path = tmp_path / f"{type(number[0]).__name__}.ldac"
        write_tables(path, *ldac(objects(2, NUMBER=number)))
        words = r"column NUMBER: sourceId cannot be made from it \(the number is .*correct its type"
        with pytest.raises(RefusedError, match=words):
            batches(path, constants=WHERE)
    dialect = tmp_path / "mine.yaml"
    dialect.write_text(
        "kind: Source\norigin: mine\nignore: ['*']\nfound_by: {table: LDAC_OBJECTS}\ncolumns:\n"
        "  sourceId: {from: X_IMAGE, by: square_root, unit: pixel}\n"
        "  ra: {from: ALPHA_J2000, unit: deg}\n  dec: {from: DELTA_J2000, unit: deg}\n"
    )
    path = write_tables(tmp_path / "a.ldac", *ldac(objects(2)))
    with pytest.raises(RefusedError, match=r"column X_IMAGE: It becomes float.*sourceId is bigint"):
        batches(path, constants=WHERE, dialect=str(dialect))


def test_a_dialect_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    """Here of a mosaic: the number of the extension is that of the detector but for an offset."""
    dialect = tmp_path / "mosaic.yaml"
    dialect.write_text(
        "kind: Source\norigin: mine\nignore: ['*']\n"
        "found_by: {table: LDAC_OBJECTS}\n"
        "columns:\n"
        "  sourceId: {from: [set.visit, EXT_NUMBER, NUMBER], by: source_id}\n"
        "  detector: {from: EXT_NUMBER, codes: {1: 25, 2: 7}}\n"
        "  ra: {from: ALPHA_J2000, unit: deg}\n"
        "  dec: {from: DELTA_J2000, unit: deg}\n"
    )
    tables = ldac(*(objects(2, EXT_NUMBER=np.full(2, i)) for i in (1, 2)))
    path = write_tables(tmp_path / "a.ldac", *tables)
    found = batches(path, dialect=str(dialect), constants={"visit": 1})
    assert found[0].plan.dialect.name == "mosaic"
    assert [b.columns["detector"].values.tolist() for b in found] == [[25, 25], [7, 7]]


@pytest.mark.parametrize(
    "content", ["kind: [", "columns: {ra: {from: a, unt: deg}}\norigin: x", "kind: Source", "- a"]
)
def test_a_file_that_is_no_dialect_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(
        SkytractError, match=r"mine.yaml does not declare a dialect .*write it like"
    ):
        read_dialect(str(path))


def test_a_dialect_that_is_given_chooses_the_table(tmp_path: Path) -> None:
    path = write_tables(tmp_path / "a.fits", Table({"a": [1]}), Table({"b": [1]}))
    with open_catalog(path) as file:
        with pytest.raises(RefusedError, match=r"None of its 2 tables has the columns of .* sed"):
            find_match(file, dialect="sed")
        with pytest.raises(RefusedError, match=r"Its columns fit no dialect and no table"):
            find_match(file, dialect=OWN)


def test_tables_of_several_kinds_are_asked_about(tmp_path: Path) -> None:
    own = [Table(visit_columns()), Table(source_columns(3))]
    path = write_tables(tmp_path / "a.fits", *own)
    with open_catalog(path) as file:
        with pytest.raises(RefusedError, match=r"tables of several kinds: Source, Visit"):
            find_match(file)
        assert [t.path.name for t in find_match(file, "Source").tables] == ["a.fits[2]"]
    curve = Table({"wavelength": [1.0, 2], "flux": [1.0, 2], "throughput": [0.5, 0.5]})
    path = write_tables(tmp_path / "b.fits", curve)
    with open_catalog(path) as file:
        with pytest.raises(RefusedError, match=r"fits several dialects: passband, sed; say which"):
            find_match(file)
        assert find_match(file, "Sed").dialect.name == "sed"
