"""Association in the database: the published grouping, truth, and what must not matter."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skytract.udf.association.group_sources import group_sources
from skytract.udf.sky.healpix import CELLS
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.fix_db import Connect
from tests.fix_hsc import MATCHED, read_afw
from tests.raw_rows import insert_sources, insert_visits
from tests.sky.positions import offset, uniform_positions

Connection = psycopg.Connection[Any]
Bounds = list[tuple[int, int]]
WHOLE: Bounds = [(0, CELLS)]


def groups(connection: Connection) -> dict[int, int]:
    """Return objectId by sourceId."""
    found = connection.execute(
        "SELECT sourceId, objectId FROM association.SourceGroup WHERE release = 'dr1'"
    )
    return dict(found.fetchall())


def associate(
    connection: Connection, radius: float, batch_size: int = 200_000, bounds: Bounds = WHOLE
) -> dict[int, int]:
    """Group the detections, stretch by stretch, and return objectId by sourceId."""
    query = "SELECT association.associate_sources('dr1', %s, %s, %s, %s)"
    made = 0
    for lo, hi in bounds:
        row = connection.execute(query, (lo, hi, radius, batch_size)).fetchone()
        made += row[0] if row else 0
    found = groups(connection)
    assert made == len(set(found.values()))
    return found


def adjusted_rand_index(a: np.ndarray, b: np.ndarray) -> float:
    """Agreement of two partitions, 1 if they are the same (Hubert and Arabie 1985)."""
    _, a = np.unique(a, return_inverse=True)
    _, b = np.unique(b, return_inverse=True)
    both = np.unique(a.astype(np.int64) * len(a) + b, return_counts=True)[1]
    pairs = [(n * (n - 1.0) / 2).sum() for n in (both, np.bincount(a), np.bincount(b))]
    expected = pairs[1] * pairs[2] / (len(a) * (len(a) - 1.0) / 2)
    return float((pairs[0] - expected) / ((pairs[1] + pairs[2]) / 2 - expected))


@pytest.mark.parametrize(("radius", "index"), [(0.5, 0.985), (1.0, 0.997)])
def test_published_grouping(
    hsc_matched: Connect, hsc_folder: Path, radius: float, index: float
) -> None:
    """LSST's own grouping of the same detections, made with a radius of 1 arcsec."""
    table, _ = read_afw(hsc_folder / MATCHED)
    manager = hsc_matched("manager")
    found = associate(manager, radius)
    manager.rollback()
    ours = np.array([found[source] for source in table["id"].tolist()])
    assert adjusted_rand_index(ours, np.asarray(table["object"])) >= index


def test_database_and_memory_agree(hsc_matched: Connect) -> None:
    reader = hsc_matched("reader")
    rows = reader.execute(
        "SELECT visit, sourceId, detect_isPrimary, ra, dec FROM raw.Source ORDER BY random()"
    ).fetchall()
    columns = [list(column) for column in zip(*rows, strict=True)]
    discovery = dict(zip(columns[1], group_sources(*columns, 0.5), strict=True))
    object_of = groups(reader)
    assert len(rows) == len(object_of) == 4689
    assert len(set(object_of.values())) == len(set(discovery.values()))
    assert all(object_of[source] == object_of[discovery[source]] for source in object_of)


def crowd(seed: int) -> dict[str, Any]:
    """300 stars, 6 visits, around the place where three base pixels meet; some are close pairs."""
    rng = np.random.default_rng(seed)
    stars = rng.normal(0, 20 / 3600, (300, 2)) * [1 / np.cos(np.radians(41.8)), 1] + [
        45.0,
        41.81031,
    ]
    stars[:100] = stars[100:200] + rng.normal(0, 0.3 / 3600, (100, 2))
    seen = np.tile(stars, (6, 1)) + rng.normal(0, 0.05 / 3600, (1800, 2))
    ids = rng.permutation(1800)
    return {"ra": seen[:, 0], "dec": seen[:, 1], "sourceId": ids, "visit": np.repeat(range(6), 300)}


@pytest.mark.parametrize("seed", [1, 2])
def test_cells_and_order_do_not_matter(release: Connection, seed: int) -> None:
    """The field spans base pixels, hence partitions; batches down to 26 arcsec cut it to pieces."""
    columns = crowd(seed)
    insert_sources(release, **columns)
    found = associate(release, 0.5)
    sizes = (1, 40, 500, 2**31 - 1)
    assert [size for size in sizes if associate(release, 0.5, size) != found] == []
    release.execute("DELETE FROM raw.Source")
    shuffled = np.random.default_rng(seed).permutation(1800)
    insert_sources(release, **{name: values[shuffled] for name, values in columns.items()})
    assert associate(release, 0.5) == found
    memory = group_sources(
        columns["visit"], columns["sourceId"], [True] * 1800, columns["ra"], columns["dec"], 0.5
    )
    assert len(set(memory)) == len(set(found.values()))
    assert all(found[s] == found[m] for s, m in zip(columns["sourceId"], memory, strict=True))


def blob(rng: np.random.Generator, centre: tuple[float, float], n: int) -> dict[str, Any]:
    """Detections of five visits about a place, with a trail of friends that leads away from it."""
    angle = np.concatenate([rng.uniform(0, 3, n // 2), np.arange(n - n // 2) * 0.4])
    ra, dec = offset(*centre, angle / 3600, np.repeat([1.0, 5.0], [n // 2, n - n // 2]))
    visit = rng.integers(0, 5, n)
    return {"ra": ra, "dec": dec, "sourceId": rng.permutation(n), "visit": visit}


blobs = st.builds(
    lambda seed, centre, n: blob(np.random.default_rng(seed), centre, n),
    st.integers(0, 2**31),
    st.sampled_from([(45.0, 41.81031), (0.0, 0.0), (359.99999, -41.81031), (10.0, 90.0), (9, -90)]),
    st.integers(2, 120),
)


@given(blobs, st.lists(st.floats(0, 1), max_size=4), st.sampled_from([0.03, 0.5, 5.0]), st.data())
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_bounds_anywhere_and_in_any_order(
    release: Connection, columns: dict[str, Any], cuts: list[float], radius: float, data: Any
) -> None:
    """Poles, RA 0 and corners of base pixels; bounds cut right through chains and pairs."""
    memory = group_sources(
        columns["visit"],
        columns["sourceId"],
        [True] * len(columns["ra"]),
        columns["ra"],
        columns["dec"],
        radius,
    )
    with release.transaction(force_rollback=True):
        insert_sources(release, **columns)
        found = associate(release, radius)
        keys = np.sort(hpx29(columns["ra"], columns["dec"]))
        edges = {int(keys[int(cut * (len(keys) - 1))]) >> 18 << 18 for cut in cuts} | {0, CELLS}
        bounds = list(pairwise(sorted(edges)))
        release.execute("DELETE FROM association.SourceGroup")
        assert associate(release, radius, bounds=data.draw(st.permutations(bounds))) == found
    assert len(set(memory)) == len(set(found.values()))
    assert all(found[s] == found[m] for s, m in zip(columns["sourceId"], memory, strict=True))


def test_a_cluster_core_in_one_cell(release: Connection) -> None:
    """10^4 detections of 10 visits within 4 arcsec, on both sides of a border."""
    rng = np.random.default_rng(2)
    stars = rng.uniform(-2, 2, (1000, 2)) / 3600
    seen = np.tile(stars, (10, 1)) + rng.normal(0, 0.02 / 3600, (10_000, 2))
    ra, dec = 90.0 + seen[:, 0], seen[:, 1]
    visit = np.repeat(np.arange(10), 1000)
    columns = {"hpx29": hpx29(ra, dec), "sourceid": np.arange(10_000), "visit": visit}
    fill_table(release, "raw.source", ra=ra, dec=dec, **columns)
    middle = int(hpx29([90.0], [0.0])[0]) >> 18 << 18
    found = associate(release, 0.5, bounds=[(0, middle), (middle, CELLS)])
    seen_once = {(group, v) for group, v in zip(found.values(), visit[list(found)], strict=True)}
    assert len(seen_once) == 10_000
    assert 1000 <= len(set(found.values())) < 2000


def test_refusals_name_the_detection(release: Connection) -> None:
    insert_sources(release, [10.0], [5.0], sourceId=[1], visit=[1])
    release.execute(
        "INSERT INTO raw.Source (hpx29, sourceId, visit, detector, ra, dec, loadId)"
        " VALUES (3, 77, 12, 0, 'NaN', 5, 1)"
    )
    said = refusal(release, "SELECT association.associate_sources('dr1')")
    assert "detection 77 of visit 12 has no finite position: correct or drop that row" in said


def test_a_sparse_sky_takes_few_calls_of_python(release: Connection) -> None:
    """500 stars all over the sky lie in 500 cells, but are linked together."""
    ra, dec = uniform_positions(np.random.default_rng(3), 500)
    insert_sources(release, ra, dec, sourceId=list(range(500)), visit=[1] * 500)
    release.execute("SET LOCAL track_functions = 'all'")
    assert len(set(associate(release, 0.5).values())) == 500
    calls = release.execute(
        "SELECT funcname, calls FROM pg_stat_xact_user_functions"
        " WHERE funcname IN ('associate_packed', 'unread_cells') ORDER BY 1"
    ).fetchall()
    assert calls == [("associate_packed", 1), ("unread_cells", 1)]


def test_object_id_is_the_key_of_the_discovery(release: Connection) -> None:
    """The earliest visit discovers, wherever the mean lies, and whatever was inserted first."""
    ra, dec = np.array([10.0, 10.00003, 10.00006]), np.array([5.0, 5.0, 5.0])
    insert_sources(release, ra, dec, sourceId=[7, 8, 9], visit=[3, 1, 2])
    assert set(associate(release, 0.5).values()) == {int(hpx29(ra, dec)[1])}


def test_next_free_id_where_discoveries_share_a_cell(release: Connection) -> None:
    """Three detections of one visit at one place, and a neighbour whose id the second one took."""
    first = int(hpx29([10.0], [5.0])[0])
    insert_sources(release, [10.0] * 3, [5.0] * 3, sourceId=[3, 1, 2], visit=[1] * 3)
    release.execute(
        "INSERT INTO raw.Source (hpx29, sourceId, visit, detector, ra, dec, loadId)"
        " VALUES (%s, 4, 1, 0, 10.001, 5, 1)",
        (first + 1,),
    )
    assert associate(release, 0.5) == {1: first, 2: first + 1, 3: first + 2, 4: first + 3}


def test_running_again_replaces(release: Connection) -> None:
    insert_sources(release, [10.0, 10.0001], [5.0, 5.0], sourceId=[1, 2], visit=[1, 2])
    assert len(set(associate(release, 1.0).values())) == 1
    assert len(set(associate(release, 0.1).values())) == 2


def test_arrays_are_grouped_on_the_sky_and_in_pixels(release: Connection) -> None:
    """Two steps of 0.36 arcsec, or of 1.8 pixels; the second visit sees two."""
    row = release.execute(
        "SELECT association.group_sources('{1,2,2,3}', '{11,21,22,31}', '{t,t,t,t}',"
        " '{5,5.0001,5.0002,5}', '{0,0,0,0}', 0.5),"
        " association.group_centroids('{1,2,2,3}', '{11,21,22,31}', '{t,t,t,t}',"
        " '{100,101.8,103.6,100}', '{7,7,7,7}', 2.5)"
    ).fetchone()
    assert row == ([11, 11, 22, 11], [11, 11, 22, 11])


def test_nothing_to_associate(release: Connection) -> None:
    assert associate(release, 0.5) == {}


def refusal(connection: Connection, query: str) -> str:
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(query)
    connection.rollback()
    return f"{refused.value.diag.message_primary} | {refused.value.diag.message_hint}"


def test_refusals_say_what_to_do(release: Connection) -> None:
    said = refusal(release, "SELECT association.associate_sources('dr7')")
    assert said.startswith("there is no release dr7 | Make it with `skytract release create`")
    insert_sources(release, [10.0], [5.0], sourceId=[1], visit=[1])
    said = refusal(release, "SELECT association.associate_sources('dr1', radius_arcsec => -1)")
    assert "the radius is -1" in said
    radius = ["radius_arcsec => NULL", "radius_arcsec => 'NaN'", "radius_arcsec => 61"]
    for arguments in (
        *radius,
        "batch_size => 0",
        "lo => -1",
        "lo => 0, hi => 0",
        "hi => NULL",
        "hi => 12345",
    ):
        said = refusal(release, f"SELECT association.associate_sources('dr1', {arguments})")
        assert "Give a radius of 0.001 to 60 arcsec" in said
    release.execute("UPDATE meta.Release SET state = 'published'")
    said = refusal(release, "SELECT association.associate_sources('dr1')")
    assert said.startswith(
        "release dr1 is published: stages cannot write to it | Make a new release"
    )


def test_detections_discovered_elsewhere(release: Connection) -> None:
    """Those whose object is in the stretch and they are not; bounds of order 12, or finer."""
    rng = np.random.default_rng(8)
    cell = 1 << 34
    ids = rng.integers(3 * cell, 7 * cell, 2000)
    keys = np.abs(ids + rng.normal(0, cell / 4, 2000).astype(np.int64))
    insert = {"release": np.full(2000, "dr1"), "hpx29": keys, "sourceid": np.arange(2000)}
    fill_table(release, "association.sourcegroup", objectid=ids, **insert)
    for lo, hi in ((4 * cell, 6 * cell), (4 * cell, 5 * cell + 262144), (4 * cell + 262144, CELLS)):
        found = release.execute(
            "SELECT sourceId FROM association.SourceGroup"
            " WHERE association.discovered_elsewhere(objectId, hpx29, %s, %s)",
            (lo, hi),
        )
        inside, near = ((lo <= place) & (place < hi) for place in (ids, keys))
        assert {number for (number,) in found} == set(np.flatnonzero(inside & ~near).tolist())


def test_manager_may_and_reader_may_not(release_connect: Connect) -> None:
    for role, expected in (("manager", None), ("reader", psycopg.errors.InsufficientPrivilege)):
        connection = release_connect(role)
        try:
            connection.execute("SELECT association.associate_sources('dr1')")
            assert expected is None
        except psycopg.Error as error:
            assert type(error) is expected
        connection.rollback()


def test_visits_of_other_releases_are_kept(release: Connection) -> None:
    insert_visits(release, [1])
    insert_sources(release, [10.0], [5.0], sourceId=[1], visit=[1])
    release.execute("INSERT INTO association.SourceGroup VALUES ('dr0', 1, 2, 3)")
    associate(release, 0.5)
    kept = release.execute("SELECT * FROM association.SourceGroup WHERE release = 'dr0'")
    assert kept.fetchall() == [("dr0", 1, 2, 3)]
