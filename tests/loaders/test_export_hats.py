"""A HATS folder holds every row once, in the file of the cell its position lies in."""

import csv
from pathlib import Path
from typing import Any

import healpy
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import skytract.loaders.export_hats as hats
from skytract.loaders.errors import SkytractError
from skytract.loaders.export import export_query, export_table
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.fix_db import Connect

Connection = psycopg.Connection[Any]
N = 1500
BUDGET = 300
ARCSEC = 1 / 3600


def positions(rng: np.random.Generator) -> tuple[Any, Any]:
    """All over the sky, at the poles, at RA 0, and where the base cells 0, 3, 4 and 7 meet."""
    ra = rng.uniform(0.0, 360.0, N)
    dec = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, N)))
    ra[:700] = 45.0 + rng.normal(0.0, 3 * ARCSEC, 700)
    dec[:700] = rng.normal(0.0, 3 * ARCSEC, 700)
    ra[1000:1004], dec[1000:1004] = [0.0, 359.9999999, 10.0, 200.0], [1.0, 1.0, 90.0, -90.0]
    return ra, dec


@pytest.fixture(scope="module")
def objects(release_connect: Connect) -> Connect:
    """A release whose objects have moved by some arcsec since they got their ids."""
    rng = np.random.default_rng(20250705)
    ra, dec = positions(rng)
    ids = np.unique(hpx29(ra, dec))
    old_ra, old_dec = healpy.pix2ang(2**29, ids, nest=True, lonlat=True)
    new_dec = np.clip(old_dec + rng.normal(0.0, 2 * ARCSEC, len(ids)), -90.0, 90.0)
    new_ra = (old_ra + rng.normal(0.0, 2 * ARCSEC, len(ids))) % 360.0
    flux = rng.lognormal(6.0, 1.0, len(ids))
    owner = release_connect("owner")
    columns = {"objectid": ids, "coord_ra": new_ra, "coord_dec": new_dec, "r_psfflux": flux}
    fill_table(owner, "dr1.object", **columns)
    columns.pop("r_psfflux")
    for visit in range(3):
        forced = columns | {"visit": np.full(len(ids), visit), "psfflux": flux + visit}
        fill_table(owner, "dr1.forcedsource", **forced)
    owner.commit()
    return release_connect


@pytest.fixture
def reader(objects: Connect) -> Connection:
    return objects("reader")


def files(folder: Path) -> dict[tuple[int, int], pa.Table]:
    """Tables of a folder by the order and pixel that their names say."""
    found = {}
    for path in folder.rglob("Npix=*.parquet"):
        words = dict(part.removesuffix(".parquet").split("=") for part in path.parts[-3:])
        order, pixel = int(words["Norder"]), int(words["Npix"])
        assert int(words["Dir"]) == pixel // 10_000 * 10_000
        found[order, pixel] = pq.ParquetFile(path).read()
    return found


def check(folder: Path, ra: str, dec: str, budget: int = BUDGET) -> pa.Table:
    """Check a folder's files against HEALPix itself, and return all rows."""
    tables = files(folder)
    for (order, pixel), table in tables.items():
        index = table["_healpix_29"].to_numpy()
        assert 0 < len(index) <= budget
        assert np.all(index >> 2 * (29 - order) == pixel)
        assert np.all(np.diff(index) >= 0)
        # An independent implementation; positions at a cell's very border may get either cell.
        at = table[ra].to_numpy(), table[dec].to_numpy()
        expected = healpy.ang2pix(2**29, *at, nest=True, lonlat=True)
        assert np.mean(index == expected) > 0.99
    with open(folder / "partition_info.csv") as file:
        listed = [(int(row["Norder"]), int(row["Npix"])) for row in csv.DictReader(file)]
    assert sorted(listed) == sorted(tables)
    return pa.concat_tables(tables.values())


def properties(folder: Path) -> dict[str, str]:
    text = (folder / "hats.properties").read_text()
    assert text == (folder / "properties").read_text()
    return dict(line.split("=", 1) for line in text.splitlines() if line[0] != "#")


def test_objects_lie_where_they_are_now(reader: Connection, tmp_path: Path) -> None:
    """Not where they were when they got the id by which they are partitioned."""
    result = export_table(reader, "DR1.object", tmp_path / "o", rows_per_file=BUDGET)
    rows = check(tmp_path / "o", "coord_ra", "coord_dec")
    query = "SELECT objectId, r_psfFlux FROM dr1.Object ORDER BY 1"
    wanted = reader.execute(query, binary=True).fetchall()
    got = rows.sort_by("objectId")
    assert (
        list(zip(*(got[n].to_pylist() for n in ("objectId", "r_psfFlux")), strict=True)) == wanted
    )
    moved = pc.not_equal(
        pc.shift_right(rows["objectId"], 58), pc.shift_right(rows["_healpix_29"], 58)
    )
    assert pc.sum(moved).as_py() > 50, "many have changed the base cell, that is the partition"
    assert result.rows == len(wanted) and result.files == len(files(tmp_path / "o"))


def test_rows_of_an_object_are_all_there(reader: Connection, tmp_path: Path) -> None:
    export_table(reader, "dr1.ForcedSource", tmp_path / "f", rows_per_file=3 * BUDGET)
    rows = check(tmp_path / "f", "coord_ra", "coord_dec", 3 * BUDGET)
    wanted = reader.execute("SELECT objectId, visit FROM dr1.ForcedSource").fetchall()
    assert sorted(zip(rows["objectId"].to_pylist(), rows["visit"].to_pylist(), strict=True)) == (
        sorted(wanted)
    )


def test_queries_are_placed_by_their_positions(reader: Connection, tmp_path: Path) -> None:
    query = (
        "SELECT coord_dec + 0 AS dec, coord_ra::numeric AS ra, -2.5 * log(r_psfFlux) AS mag"
        " FROM dr1.Object WHERE r_psfFlux > 100 -- the bright ones"
    )
    result = export_query(reader, query, tmp_path / "q.v1", rows_per_file=BUDGET)
    rows = check(tmp_path / "q.v1", "ra", "dec")
    assert rows.column_names == ["dec", "ra", "mag", "_healpix_29"]
    bright = "SELECT count(*) FROM dr1.Object WHERE r_psfFlux > 100"
    assert (result.rows,) == reader.execute(bright).fetchone()
    found = properties(tmp_path / "q.v1")
    assert found["obs_collection"] == "q_v1"
    assert found["prov_progenitor"] == f"skytract: {query}"


def test_properties_follow_from_the_files(reader: Connection, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    export_table(reader, "dr1.ForcedSource", folder, rows_per_file=BUDGET)
    tables, found = files(folder), properties(folder)
    assert found["hats_nrows"] == str(sum(table.num_rows for table in tables.values()))
    assert found["hats_max_rows"] == str(max(table.num_rows for table in tables.values()))
    assert found["hats_order"] == str(max(order for order, _ in tables))
    assert (found["hats_col_ra"], found["hats_col_dec"]) == ("coord_ra", "coord_dec")
    assert found["dataproduct_type"] == "source"
    area = sum(healpy.nside2pixarea(2**order) for order, _ in tables) / (4 * np.pi)
    assert float(found["moc_sky_fraction"]) == pytest.approx(area, rel=1e-4)
    schema = pq.read_schema(folder / "dataset" / "_common_metadata")
    assert schema.field("psfFlux").metadata[b"unit"] == b"nJy"
    footers = pq.read_metadata(folder / "dataset" / "_metadata")
    groups = [footers.row_group(i) for i in range(footers.num_row_groups)]
    assert sum(group.num_rows for group in groups) == int(found["hats_nrows"])
    assert all((folder / "dataset" / g.column(0).file_path).is_file() for g in groups)


def test_a_crowded_spot_is_one_file(reader: Connection, tmp_path: Path) -> None:
    """Cells of 3.4 arcmin are not divided, however small the budget."""
    query = "SELECT 45.001 AS ra, 0.001 AS dec, i FROM generate_series(1, 900) AS i"
    assert export_query(reader, query, tmp_path / "q", rows_per_file=10).files == 1
    assert properties(tmp_path / "q")["hats_order"] == "10"


def test_rows_that_come_meanwhile_are_left_out(
    objects: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are counted and read by many statements: all of them see one moment."""
    owner, reader = objects("owner"), objects("reader", autocommit=True)
    before = reader.execute("SELECT count(*) FROM dr1.ForcedSource").fetchone()
    counted = hats.count_rows

    def count_then_insert(*arguments: Any) -> Any:
        count = counted(*arguments)
        fill_table(owner, "dr1.forcedsource", objectid=[1, 2, 1 << 61], coord_ra=[1.0, 2, 3])
        owner.commit()
        return count

    monkeypatch.setattr(hats, "count_rows", count_then_insert)
    try:
        result = export_table(reader, "dr1.ForcedSource", tmp_path / "f", BUDGET)
    finally:
        owner.execute("DELETE FROM dr1.ForcedSource WHERE objectId IN (1, 2, 1::bigint << 61)")
        owner.commit()
    assert (result.rows,) == before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT objectId FROM dr1.Object", "no positions, which HATS needs: select columns ra"),
        ("SELECT 1 AS ra, 91 AS dec", "dec = 91 is no position"),
        ("SELECT 1 AS ra, NULL::real AS dec", "has 1 row without ra or dec"),
        ("SELECT 'NaN'::real AS ra, 0 AS dec", "is no position"),
        ("SELECT 1 AS ra, 1 AS dec WHERE false", "has no rows, and HATS cannot hold none"),
        ("SELECT 1 AS ra, 1 AS dec, 2 AS _healpix_29", "has a column _healpix_29"),
    ],
)
def test_what_has_no_place_is_refused(
    reader: Connection, tmp_path: Path, query: str, said: str
) -> None:
    with pytest.raises(SkytractError, match=said):
        export_query(reader, query, tmp_path / "q")
    assert list(tmp_path.iterdir()) == []
    assert reader.execute("SELECT 1").fetchone() == (1,)
