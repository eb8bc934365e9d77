"""Cross-matches against brute force, from every corner of the sky and every kind of table."""

import re
import time

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from skytract.loaders.release import create_release
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.fix_db import Connect
from tests.sky.crowd import plan_of
from tests.sky.positions import CAP_EDGE, Floats, offset, uniform_positions, unit_vectors

Catalog = tuple[Floats, Floats]
Pairs = dict[tuple[int, int], float]
CENTRES = [
    (0.0, 0.0),
    (359.9999, 12.0),
    (123.0, 90.0),
    (10.0, -90.0),
    (45.0, 89.999),
    (90.0, CAP_EDGE),
    (-720.0, -60.0),
]
RADII = [0.01, 0.3, 1.0, 30.0, 3600.0, 5.0 * 3600.0, 70.0 * 3600.0, 180.0 * 3600.0]
"""Radii [arcsec]."""

FIRST_RIGHT = 10_000
"""Ids of the right rows begin here."""


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    """A reader; tests work in temporary tables of it."""
    create_release(module_connect("owner"), "dr1")
    return module_connect("reader", autocommit=True)


def fill(connection: psycopg.Connection, name: str, catalog: Catalog, first: int = 0) -> None:
    """Make a temporary table of ids (from `first`) and positions."""
    connection.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    connection.execute(f"CREATE TEMP TABLE {name} (id integer, ra float8, dec float8)")
    with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
        for number, (ra, dec) in enumerate(np.transpose(catalog).tolist()):
            copy.write_row((first + number, ra, dec))


def match(connection: psycopg.Connection, arguments: str) -> Pairs:
    """Call the function; each pair must come once."""
    rows = connection.execute(f"SELECT * FROM sky.cross_match({arguments})").fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(a, b - FIRST_RIGHT): separation for a, b, separation in rows}


def angles(left: Catalog, right: Catalog) -> Floats:
    """Separations [arcsec] of all pairs: from chords, not from a haversine."""
    chord = np.linalg.norm(unit_vectors(*left)[:, None] - unit_vectors(*right)[None], axis=-1)
    degrees: Floats = np.degrees(2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0)))
    return 3600.0 * degrees


def expect(left: Catalog, right: Catalog, radius: float, mode: str) -> Pairs:
    """Brute force."""
    angle = angles(left, right)
    keep = angle <= radius
    if mode != "all":
        keep &= np.arange(right[0].size) == angle.argmin(axis=1)[:, None]
    if mode == "mutual":
        keep &= np.arange(left[0].size)[:, None] == angle.argmin(axis=0)
    return {(int(a), int(b)): float(angle[a, b]) for a, b in np.argwhere(keep)}


def agree(found: Pairs, expected: Pairs, radius: float) -> None:
    """Compare pairs; rounding (1e-9 arcsec, 1e-3 beside the antipode) may decide on the rim."""
    slack = 1e-9 if radius < 600_000.0 else 1e-2
    for pair in found.keys() ^ expected.keys():
        separation = found.get(pair, expected.get(pair, 0.0))
        assert abs(separation - radius) < slack, (pair, separation)
    for pair in found.keys() & expected.keys():
        assert found[pair] == pytest.approx(expected[pair], rel=1e-7, abs=slack)


def around(centre: tuple[float, float], scale: float, count: int, seed: int) -> Catalog:
    """Positions at all distances up to and beyond a scale [arcsec] from a centre."""
    rng = np.random.default_rng(seed)
    distance = scale / 3600.0 * 10.0 ** rng.uniform(-1.0, 0.7, count) % 180.0
    return offset(*centre, distance, rng.uniform(0.0, 2.0 * np.pi, count))


@pytest.mark.parametrize("mode", ["nearest", "all", "mutual"])
@pytest.mark.parametrize("radius", RADII)
def test_finds_what_brute_force_finds(reader: psycopg.Connection, radius: float, mode: str) -> None:
    """Around poles, RA 0 and elsewhere, and all over the sky."""
    left, right = (
        tuple(
            np.hstack(
                [around(c, radius, 25, seed) for c in CENTRES]
                + [uniform_positions(np.random.default_rng(seed), 60)]
            )
        )
        for seed in (1, 2)
    )
    fill(reader, "l", left)
    fill(reader, "r", right, FIRST_RIGHT)
    found = match(reader, f"'l', 'r', {radius}, '{mode}'")
    agree(found, expect(left, right, radius, mode), radius)
    assert len(found) > 10


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(CENTRES),
    st.floats(-2.0, 5.5),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 10**6),
)
def test_both_ways_are_the_same(
    reader: psycopg.Connection,
    centre: tuple[float, float],
    magnitude: float,
    left_count: int,
    right_count: int,
    seed: int,
) -> None:
    """All pairs are the same whichever side comes first; mutual pairs are nearest both ways."""
    radius = 10.0**magnitude
    left, right = (
        around(centre, radius, left_count, seed),
        around(centre, radius, right_count, -seed + 10**7),
    )
    fill(reader, "l", left)
    fill(reader, "r", right, FIRST_RIGHT)
    pairs = match(reader, f"'l', 'r', {radius}, 'all'")
    agree(pairs, expect(left, right, radius, "all"), radius)
    rows = reader.execute(
        "SELECT right_id, left_id, separationArcsec FROM sky.cross_match('r', 'l', %s, 'all')",
        (radius,),
    )
    assert {(a, b - FIRST_RIGHT): s for a, b, s in rows} == pytest.approx(pairs, rel=1e-12)
    nearest = match(reader, f"'l', 'r', {radius}")
    back = reader.execute("SELECT right_id, left_id FROM sky.cross_match('r', 'l', %s)", (radius,))
    mutual = match(reader, f"'l', 'r', {radius}, 'mutual'")
    assert nearest.items() <= pairs.items()
    assert mutual.keys() == nearest.keys() & {(a, b - FIRST_RIGHT) for a, b in back}


def test_a_cluster_core_is_not_quadratic(reader: psycopg.Connection) -> None:
    """10^5 rows on either side within 5 arcsec, thousands within the radius of each."""
    radius = 0.2
    left, right = (around((359.99999, 80.0), 1.0, 100_000, seed) for seed in (1, 2))
    fill(reader, "l", left)
    fill(reader, "r", right, FIRST_RIGHT)
    began = time.monotonic()
    found = match(reader, f"'l', 'r', {radius}")
    assert time.monotonic() - began < 60.0
    chord, place = cKDTree(unit_vectors(*right)).query(unit_vectors(*left))
    expected = {
        (a, int(place[a])): float(np.degrees(chord[a])) * 3600.0
        for a in np.flatnonzero(chord < np.radians(radius / 3600.0)).tolist()
    }
    agree(found, expected, radius)
    assert len(found) == 100_000
    with pytest.raises(psycopg.Error, match=r"\d{9} pairs lie within the radius in one crowd"):
        match(reader, f"'l', 'r', {radius}, 'all'")


@pytest.mark.parametrize("mode", ["nearest", "all", "mutual"])
def test_a_crowd_among_others(reader: psycopg.Connection, mode: str) -> None:
    """Crowded cells beside empty ones: the tree and the join agree on their borders."""
    left, right = (
        tuple(np.hstack([around((0.0, 0.0), 2.0, 700, seed), around((0.0, 0.0), 300.0, 300, seed)]))
        for seed in (3, 4)
    )
    fill(reader, "l", left)
    fill(reader, "r", right, FIRST_RIGHT)
    agree(match(reader, f"'l', 'r', 1, '{mode}'"), expect(left, right, 1.0, mode), 1.0)


@pytest.mark.parametrize("mode", ["nearest", "all", "mutual", "pairs"])
@pytest.mark.parametrize("radius", [0.3, 30.0, 3600.0])
def test_cell_by_cell(reader: psycopg.Connection, radius: float, mode: str) -> None:
    """In batches of five rows, about the poles and across RA 0, as in one batch."""
    left, right = (
        tuple(np.hstack([around(c, radius, 60, seed) for c in CENTRES])) for seed in (5, 6)
    )
    fill(reader, "l", left)
    fill(reader, "r", right)
    queries = reader.execute(
        "SELECT sky.match_query('TABLE l', 'TABLE r', %(r)s, %(m)s, 5),"
        " sky.match_query('TABLE l', 'TABLE r', %(r)s, %(m)s)",
        {"r": radius, "m": mode},
    ).fetchone()
    assert queries is not None
    in_batches, at_once = (sorted(reader.execute(query).fetchall()) for query in queries)
    assert in_batches == at_once
    assert len(at_once) > 100


def test_a_crowd_does_not_cut_the_rest_to_pieces(reader: psycopg.Connection) -> None:
    """Half of the rows within some arcsec make cells small; a batch takes many of them."""
    left, right = (
        tuple(
            np.hstack([around((10.0, 20.0), 3.0, 2000, seed), around((10.0, 20.0), 3e5, 2000, 9)])
        )
        for seed in (7, 8)
    )
    fill(reader, "l", left)
    fill(reader, "r", right)
    query, at_once = (
        row[0]
        for row in reader.execute(
            "SELECT sky.match_query('TABLE l', 'TABLE r', 1, 'nearest', size)"
            " FROM unnest('{500,1e6}'::float8[]) AS size"
        )
    )
    in_batches, expected = (sorted(reader.execute(text).fetchall()) for text in (query, at_once))
    assert in_batches == expected
    calls = re.search(r"Function Scan on match_positions .*loops=(\d+)", plan_of(reader, query))
    assert calls and 8 <= int(calls[1]) <= 50, "8,000 rows in batches of 500"


def test_the_least_id_wins_a_tie(reader: psycopg.Connection) -> None:
    """In the join and in the tree, 200 rows at one place and 200 at the mirrored one."""
    for copies in (2, 200):
        fill(reader, "l", (np.array([10.0, 20.0]), np.zeros(2)))
        ra = np.repeat([10.0001, 9.9999, 20.0], copies)
        fill(reader, "r", (ra, np.zeros(ra.size)), FIRST_RIGHT)
        reader.execute("UPDATE r SET id = 20000 - id + 10000")
        found = match(reader, "'l', 'r', 1")
        assert set(found) == {(0, 10_001 - 2 * copies), (1, 10_001 - 3 * copies)}


def test_empty_tables_and_rows_without_position(reader: psycopg.Connection) -> None:
    fill(reader, "l", (np.zeros(2), np.zeros(2)))
    fill(reader, "r", (np.zeros(0), np.zeros(0)))
    assert match(reader, "'l', 'r', 1") == match(reader, "'r', 'l', 1, 'mutual'") == {}
    reader.execute(
        "INSERT INTO r VALUES (10000, NULL, 0), (10001, 0, NULL), (10002, 'NaN', 0),"
        " (10003, 0, 'NaN'), (NULL, 0, 0)"
    )
    for mode in ("nearest", "all", "mutual"):
        assert match(reader, f"'l', 'r', 1, '{mode}'") == {}


def test_a_table_that_has_the_name_of_a_copy_stays(reader: psycopg.Connection) -> None:
    """Nothing is dropped that was not made, and a transaction that only reads may match tables."""
    for name in ("matched_left", "matched_right", "matched_rows"):
        fill(reader, name, (np.array([10.0]), np.array([0.0])))
    with reader.transaction():
        reader.execute("SET TRANSACTION READ ONLY")
        assert len(match(reader, "'matched_left', 'matched_right', 1")) == 1
        reader.execute("SELECT sky.neighbour_pairs('matched_rows', 1)")
    for name in ("matched_left", "matched_right", "matched_rows"):
        assert reader.execute(f"SELECT count(*) FROM {name}").fetchone() == (1,)
        reader.execute(f"DROP TABLE {name}")


def test_a_view_that_has_the_name_of_a_copy_stays(reader: psycopg.Connection) -> None:
    """Views are copied under a name that is free."""
    for name in ("matched_left", "matched_right", "matched_rows"):
        reader.execute(f"CREATE TEMP VIEW {name} AS SELECT 1 AS id, 10.0 AS ra, 0.0 AS dec")
    assert len(match(reader, "'matched_left', 'matched_right', 1")) == 1
    assert reader.execute("SELECT * FROM sky.neighbour_pairs('matched_rows', 1)").fetchall() == []
    relations = reader.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
        " AND relname LIKE 'matched%' ORDER BY 1"
    ).fetchall()
    reader.execute("DROP VIEW matched_left, matched_right, matched_rows")
    assert relations == [("matched_left",), ("matched_right",), ("matched_rows",)]


def test_a_view_in_a_transaction_that_only_reads_is_a_sentence(reader: psycopg.Connection) -> None:
    fill(reader, "t", (np.array([10.0]), np.array([0.0])))
    reader.execute("CREATE TEMP VIEW shown AS SELECT * FROM t")
    for call in ("cross_match('t', 'shown', 1)", "neighbour_pairs('shown', 1)"):
        with (
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="the view shown") as refused,
            reader.transaction(),
        ):
            reader.execute("SET TRANSACTION READ ONLY")
            reader.execute(f"SELECT sky.{call}".encode())
        assert "BEGIN READ WRITE" in (refused.value.diag.message_hint or "")
    reader.execute("DROP VIEW shown")


def test_the_number_of_rows_is_foreseen(reader: psycopg.Connection) -> None:
    """Checks of positions do not hide rows from the planner: batches are made by its number."""
    fill(reader, "many", uniform_positions(np.random.default_rng(5), 1000))
    reader.execute("ANALYZE many")
    reader.execute(
        "CREATE TEMP TABLE moving AS SELECT *, 1.0 AS pmRa, 2.0 AS pmDec, 5e4 AS epoch FROM many"
    )
    reader.execute("ANALYZE moving")
    for rows in ("'many', NULL, NULL", "'moving', NULL, 6e4"):
        query = f"SELECT sky.estimated_rows(sky.position_rows({rows}))"
        found = reader.execute(query.encode()).fetchone()
        assert found is not None and 900 <= found[0] <= 1000
    reader.execute("DROP TABLE moving")


def test_rows_of_one_id_are_matched_one_by_one(reader: psycopg.Connection) -> None:
    """In mode mutual they are one thing: the nearest of them counts."""
    fill(reader, "r", (np.array([10.0]), np.array([0.0])), FIRST_RIGHT)
    reader.execute(
        "CREATE TEMP TABLE twice AS"
        " SELECT 1 AS id, 10.0 AS ra, 0.0001 AS dec UNION ALL SELECT 1, 10.0, 0.0002"
    )
    for mode, expected in {"nearest": [0.36, 0.72], "all": [0.36, 0.72], "mutual": [0.36]}.items():
        rows = reader.execute("SELECT * FROM sky.cross_match('twice', 'r', 1, %s)", (mode,))
        assert sorted(row[2] for row in rows) == pytest.approx(expected)


BAD = {
    "'l', 'r', 0": "the radius is 0 arcsec",
    "'l', 'r', -1": "the radius is -1 arcsec",
    "'l', 'r', 648001": "Give more than 0 and at most 648000 arcsec",
    "'l', 'r', 'NaN'": "the radius is NaN arcsec",
    "'l', 'r', NULL": "the radius is <NULL> arcsec",
    "'l', 'r', 1, 'best'": "there is no mode 'best'",
    "'l', 'r', 1, NULL": "there is no mode NULL",
    "'l', 'r', 1, epoch => 'NaN'": "the epoch is NaN",
    "'l', 'r', 1, epoch => 2015.5": "the epoch is 2015.5",
    "'l', 'r', 1, epoch => 2457206": "the epoch is 2457206",
    "'nowhere', 'r', 1": 'relation "nowhere" does not exist',
    "'nameless', 'r', 1": "nameless has no column of the id, of the right ascension, of the",
    "'l', 'r', 1, left_columns => '{id,alpha,dec}'": "l has no column 'alpha'",
    "'l', 'r', 1, left_columns => '{a,b,c,d,e,f,g}'": "7 names of columns are given for l",
    "'l', 'worded', 1": r"columns of worded have a type that does not do: id \(text\)",
    "'l', 'swapped', 1": "row 7 of swapped has ra = 1, dec = 91",
    "'l', 'endless', 1": "row 8 of endless has ra = Infinity, dec = 0",
    "'l', 'fast', 1, epoch => 6e4": "row 9 of fast has pmRa = -Infinity, pmDec = <NULL>, epoch = 1",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_refused_in_a_sentence(reader: psycopg.Connection, arguments: str) -> None:
    fill(reader, "l", (np.zeros(1), np.zeros(1)))
    fill(reader, "r", (np.zeros(1), np.zeros(1)))
    reader.execute(
        "DROP TABLE IF EXISTS nameless, worded, swapped, endless, fast;"
        "CREATE TEMP TABLE fast AS SELECT 9 AS id, 0 AS ra, 0 AS dec, '-Infinity'::real AS pmRa,"
        " NULL::real AS pmDec, 1.0 AS epoch;"
        "CREATE TEMP TABLE nameless (number bigint, alpha float8, delta float8);"
        "CREATE TEMP TABLE worded AS SELECT 'a' AS id, 0.0 AS ra, 0.0 AS dec;"
        "CREATE TEMP TABLE swapped AS SELECT 7 AS id, 1 AS ra, 91 AS dec;"
        "CREATE TEMP TABLE endless AS SELECT 8 AS id, 'Infinity'::float8 AS ra, 0 AS dec"
    )
    with pytest.raises(psycopg.Error, match=BAD[arguments]):
        match(reader, arguments)


def test_tables_of_a_release_views_and_own_tables(
    module_connect: Connect, reader: psycopg.Connection
) -> None:
    """Ids and positions are found in each; the id of Source is its own, not the object's."""
    owner = module_connect("owner")
    ra, dec = uniform_positions(np.random.default_rng(5), 40)
    key = hpx29(ra, dec)
    fill_table(owner, "dr1.object", objectid=key, coord_ra=ra, coord_dec=dec)
    fill_table(owner, "dr1.source", hpx29=key, sourceid=np.arange(40), ra=ra, dec=dec)
    owner.commit()
    expected = {(number, int(k)) for number, k in enumerate(key)}
    reader.execute(
        "CREATE TEMP VIEW bright AS SELECT sourceId, objectId, ra, dec FROM dr1.Source;"
        'CREATE TEMP TABLE mine AS SELECT sourceId AS "No", ra AS "RA deg", dec AS "de""c"'
        " FROM dr1.Source"
    )
    named = "left_columns => ARRAY['No', 'RA deg', 'de\"c']"
    for left in ("'dr1.Source'", "'bright'", f"'mine'{{}}, {named}"):
        table, _, more = left.partition("{}")
        rows = reader.execute(
            f"SELECT left_id, right_id FROM sky.cross_match({table}, 'dr1.Object', 0.1{more})"
        )
        assert set(rows) == expected
    reader.execute(
        "CREATE TEMP TABLE kept AS"
        " SELECT * FROM sky.cross_match('bright', 'dr1.Object', 1, 'mutual')"
    )
    assert reader.execute("SELECT count(*) FROM kept").fetchone() == (40,)


def test_columns_are_found_in_any_case_and_beside_a_named_key(reader: psycopg.Connection) -> None:
    """Also as programs write them that quote every name."""
    reader.execute(
        'CREATE TEMP TABLE framed ("objectId" integer, "RA" float8, "Dec" float8);'
        "CREATE TEMP TABLE keyed (name text PRIMARY KEY, id integer, ra float8, dec float8);"
        "INSERT INTO framed VALUES (3, 10, 20);"
        "INSERT INTO keyed VALUES ('a', 4, 10, 20)"
    )
    rows = reader.execute("SELECT * FROM sky.cross_match('framed', 'keyed', 1)").fetchall()
    assert rows == [(3, 4, 0.0)]


def test_a_reader_matches_only_what_may_be_read(
    module_connect: Connect, reader: psycopg.Connection
) -> None:
    owner = module_connect("owner")
    owner.execute("CREATE TABLE public.hidden (id bigint, ra float8, dec float8)")
    owner.commit()
    fill(reader, "l", (np.zeros(1), np.zeros(1)))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        match(reader, "'l', 'public.hidden', 1")


def test_bytes_become_arrays_only_in_our_own_hands(reader: psycopg.Connection) -> None:
    """Made-up bytes would crash the server."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT sky.bytes_array('hostile', NULL::bigint[])")
    with pytest.raises(psycopg.Error, match="without NULLs"):
        reader.execute(
            "SELECT sky.match_positions('{1,NULL}', '{0,0}', '{0,0}', '{1}', '{0}', '{0}', 1, '')"
        )


def test_stars_are_moved_to_the_epoch(reader: psycopg.Connection) -> None:
    """Ten years at 5 arcsec/yr near the pole, where 50 arcsec are degrees of RA; great circles."""
    rng = np.random.default_rng(6)
    ra, dec = uniform_positions(rng, 200)
    dec[:20] = 89.95
    speed, direction = rng.uniform(0.0, 5000.0, 200), rng.uniform(0.0, 2.0 * np.pi, 200)
    # Straight motion: the angle turned is the arctangent of the tangential way.
    turned = np.degrees(np.arctan(np.radians(speed * 10.0 / 3.6e6)))
    then = [offset(*star) for star in zip(ra, dec, turned, direction, strict=True)]
    fill(reader, "r", tuple(np.transpose([(float(a), float(d)) for a, d in then])), FIRST_RIGHT)
    fill(reader, "l", (ra, dec))
    reader.execute("ALTER TABLE l ADD pmRa real, ADD pmDec real, ADD epoch float8 DEFAULT 50000")
    with reader.cursor() as cursor:
        cursor.executemany(
            "UPDATE l SET pmRa = %s, pmDec = %s WHERE id = %s",
            list(
                zip(
                    (speed * np.sin(direction)).tolist(),
                    (speed * np.cos(direction)).tolist(),
                    range(200),
                    strict=True,
                )
            ),
        )
    found = match(reader, "'l', 'r', 0.01, epoch => 53652.5")
    assert set(found) == {(number, number) for number in range(200)}
    # pmRa and pmDec are real: 24 bits of 50 arcsec.
    assert max(found.values()) < 1e-5
    assert len(match(reader, "'l', 'r', 0.01")) < 10, "they have moved"
    reader.execute(
        "UPDATE l SET pmRa = NULL, pmDec = 'NaN', epoch = nullif(id % 2, 0) * 'NaN'::float8"
    )
    still = match(reader, "'l', 'r', 60, epoch => 53652.5")
    assert still == pytest.approx(match(reader, "'l', 'r', 60"), abs=1e-9), "unknown motion is none"
