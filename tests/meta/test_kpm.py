"""PA1, PF1 and AM1: the published numbers of a real field, and small cases worked by hand."""

from collections.abc import Iterator
from itertools import combinations, count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pytest

from tests.fix_db import Connect
from tests.fix_hsc import MATCHED, read_afw

Connection = psycopg.Connection[Any]
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

MAS = np.degrees(1.0) * 3.6e6


def published(folder: Path, metric: str) -> str:
    """The published value of a metric in the i band, as it is printed."""
    text = (folder / f"{metric}_expected_0_i.yaml").read_text()
    return next(line for line in text.splitlines() if line.startswith("value: ")).split()[1]


@pytest.mark.parametrize("metric", ["PA1", "PF1"])
def test_published_photometric_numbers_to_the_last_digit(
    hsc_matched: Connect, hsc_folder: Path, metric: str
) -> None:
    """From magnitudes to counts, through association and calibration, to the published number."""
    rows = hsc_matched("reader").execute(f"SELECT * FROM meta.{metric}('dr1')").fetchall()
    printed = published(hsc_folder, metric)
    digits = len(printed.split(".")[1])
    assert [(band, f"{value:.{digits}f}") for band, value, _ in rows] == [("i", printed)]


def test_published_astrometric_number(hsc_matched: Connect, hsc_folder: Path) -> None:
    """The pairs are those of the publication; the number agrees as far as degrees can tell.

    The published file states radians. Degrees near RA 320 come in steps of 2.0e-7 mas, and the
    median is the scatter of one pair in two visits, so four right ascensions, each rounded by up
    to half a step. From the radians of the file and the objects of the database, an independent
    computation gives every printed digit; from the degrees, what the database gives.
    """
    reader = hsc_matched("reader")
    ((band, mas, pairs),) = reader.execute("SELECT * FROM meta.am1('dr1')").fetchall()
    printed = float(published(hsc_folder, "AM1"))
    table, _ = read_afw(hsc_folder / MATCHED)
    place = {int(source): i for i, source in enumerate(table["id"])}
    clean = reader.execute(
        "SELECT p.objectId, p.visit, s.sourceId, p.mag"
        " FROM meta.point_sources('dr1', 50, true) AS p"
        " JOIN dr1.Source AS s USING (objectId, visit)"
    ).fetchall()
    rows = [place[source] for _, _, source, _ in clean]
    ra, dec = (np.asarray(table[f"coord_{axis}"], float)[rows] for axis in ("ra", "dec"))
    objects, visits, _, mags = (np.array(column) for column in zip(*clean, strict=True))
    exact = am1_by_hand(objects, visits, mags, ra, dec)
    stored = am1_by_hand(objects, visits, mags, *(np.radians(np.degrees(a)) for a in (ra, dec)))
    assert (band, pairs, len(exact)) == ("i", 2775, 2775)
    assert np.median(exact) == pytest.approx(printed, rel=1e-13)
    assert mas == pytest.approx(np.median(stored), abs=1e-7)
    assert mas == pytest.approx(printed, abs=1e-7)


def am1_by_hand(objects: Ids, visits: Ids, mags: Floats, ra: Floats, dec: Floats) -> Floats:
    """Rms separation [mas] of every pair, from positions [rad], in loops as the SRD words it."""
    seen: dict[int, dict[int, tuple[float, float]]] = {}
    for name in np.unique(objects):
        of = np.flatnonzero(objects == name)
        if 17 <= np.median(mags[of]) < 21.5:
            seen[name] = {visits[i]: (ra[i], dec[i]) for i in of}
    mean = {name: np.mean([*positions.values()], axis=0) for name, positions in seen.items()}
    found = []
    for a, b in combinations(seen, 2):
        if 4 <= np.degrees(haversine(mean[a], mean[b])) * 60 < 6:
            apart = [haversine(seen[a][v], seen[b][v]) for v in seen[a].keys() & seen[b].keys()]
            if len(apart) > 1:
                found.append(np.std(apart, ddof=1) * MAS)
    return np.array(found)


def haversine(a: Any, b: Any) -> float:
    """Angle between two positions [rad]."""
    square = np.sin((b[1] - a[1]) / 2) ** 2
    square += np.cos(a[1]) * np.cos(b[1]) * np.sin((b[0] - a[0]) / 2) ** 2
    return float(2 * np.arcsin(np.sqrt(square)))


@pytest.fixture
def sources(release: Connection) -> Iterator[Any]:
    """Return a function that puts a point source into dr1: its magnitude in each visit."""
    ids = count(1)

    def add(mags: list[float], **given: Any) -> int:
        row = {"band": "r", "snr": 500.0, "ra": 10.0, "dec": 0.0, "extendedness": 0.0, **given}
        snr = row.pop("snr")
        offsets = row.pop("offsets", [0.0] * len(mags))
        object_id = next(ids)
        for visit, (mag, offset) in enumerate(zip(mags, offsets, strict=True), start=1):
            flux = 10 ** (0.4 * (31.4 - mag)) if mag else -1.0
            values = {**row, "ra": row["ra"] + offset / 3.6e6, "psfFlux": flux}
            values |= {"hpx29": 0, "sourceId": next(ids), "objectId": object_id, "visit": visit}
            values |= {"detector": 0, "psfFluxErr": flux / snr, "coord_ra": 0.0, "coord_dec": 0.0}
            names = ", ".join(values)
            places = ", ".join(["%s"] * len(values))
            insert = f"INSERT INTO dr1.Source ({names}) VALUES ({places})"
            release.execute(insert, list(values.values()))
        return object_id

    yield add


def metric(connection: Connection, name: str) -> dict[str, tuple[float, int]]:
    """Value and count by band."""
    rows = connection.execute(f"SELECT * FROM meta.{name}('dr1')").fetchall()
    return {band: (value, n) for band, value, n in rows}


THREE = [20.0, 20.01, 20.02]
RMS = np.sqrt(2 / 3) * 10
"""Of 0, 10, 20 mmag about their mean, with three in the denominator."""


def test_pa1_is_the_median_rms_per_band(release: Connection, sources: Any) -> None:
    sources(THREE)
    sources([20.0, 20.02, 20.04])
    sources([20.0, 20.0, 20.0])
    sources([20.0, 20.03, 20.06], band="z")
    found = metric(release, "pa1")
    assert found["r"] == (pytest.approx(RMS), 3)
    assert found["z"] == (pytest.approx(3 * RMS), 1)


@pytest.mark.parametrize(
    ("mags", "given"),
    [
        ([20.0, 21.0], {}),
        ([20.0, 21.0, 0.0], {}),
        ([20.0, 21.0, 22.0], {"snr": 199.0}),
        ([20.0, 21.0, 22.0], {"extendedness": 1.0}),
        ([20.0, 21.0, 22.0], {"extendedness": float("nan")}),
        ([20.0, 21.0, 22.0], {"extendedness": None}),
    ],
    ids=["two visits", "a negative flux", "faint", "extended", "extendedness NaN", "unknown"],
)
def test_not_a_bright_point_source(
    release: Connection, sources: Any, mags: list[float], given: dict[str, Any]
) -> None:
    sources(THREE)
    sources(mags, **given)
    assert metric(release, "pa1") == {"r": (pytest.approx(RMS), 1)}
    assert metric(release, "pf1")["r"][1] == 3


def test_one_unknown_extendedness_excludes_the_object(release: Connection, sources: Any) -> None:
    object_id = sources(THREE)
    release.execute(
        "UPDATE dr1.Source SET extendedness = NULL WHERE objectId = %s AND visit = 1", (object_id,)
    )
    assert metric(release, "pa1") == {}


def test_pf1_counts_measurements_beyond_pa2(release: Connection, sources: Any) -> None:
    """Of 0, 0, 30 mmag the deviations are 10, 10, 20: beyond 15 mmag, not beyond 22.5."""
    for band in ("r", "z"):
        sources([20.0, 20.0, 20.03], band=band)
    found = metric(release, "pf1")
    assert found == {"r": (pytest.approx(100 / 3), 3), "z": (0.0, 3)}


def test_am1_is_the_rms_separation_of_pairs(release: Connection, sources: Any) -> None:
    """Separations of 5 arcmin, plus 0, 10, 20 mas: standard deviation 10 mas with n - 1."""
    for minutes, given in (
        (0.0, {}),
        (5.0, {"offsets": [0.0, 10.0, 20.0]}),
        (11.5, {"offsets": [0.0, 500.0, 0.0]}),
        (5.1, {"offsets": [0.0, 500.0, 0.0], "pixelFlags_edge": True}),
        (5.2, {"offsets": [0.0, 500.0, 0.0], "detect_isPrimary": False}),
        (5.3, {"offsets": [0.0, 500.0, 0.0], "snr": 49.0}),
    ):
        sources(THREE, ra=10.0 + minutes / 60, **given)
    sources([16.9] * 3, ra=10.0 + 5.4 / 60, offsets=[0.0, 500.0, 0.0])
    sources([21.5] * 3, ra=10.0 + 5.5 / 60, offsets=[0.0, 500.0, 0.0])
    assert metric(release, "am1") == {"r": (pytest.approx(10.0, abs=1e-5), 1)}


def test_am1_across_ra_zero(release: Connection, sources: Any) -> None:
    sources(THREE, ra=360.0 - 2.5 / 60)
    sources(THREE, ra=2.5 / 60, offsets=[0.0, 10.0, 20.0])
    assert metric(release, "am1") == {"r": (pytest.approx(10.0, abs=1e-5), 1)}


@pytest.mark.parametrize("name", ["PA1", "PF1", "AM1"])
def test_an_unknown_release_is_one_sentence(module_connect: Connect, name: str) -> None:
    reader = module_connect("reader")
    with pytest.raises(psycopg.errors.RaiseException, match="there is no release 'dr9'"):
        reader.execute(f"SELECT * FROM meta.{name}('dr9')")
    reader.rollback()
