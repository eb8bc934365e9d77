"""The release tables against Rubin's published ones: names, types, units, and tutorial queries."""

import re
from functools import cache
from typing import Any

import pytest
import yaml
from astropy.units import Unit
from felis.datamodel import Column

from skytract.sql.felis_reader import read_schema

OURS = {
    table.name: {column.name: column for column in table.columns}
    for table in read_schema("release").tables
}
TYPES = {"char": "text", "string": "text", "unicode": "text"}

# (table, column, theirs, ours): regular expressions and pairs of types, with the reason.
DIFFERENT_TYPES = [
    # counts x zero point must not lose digits against the raw count
    (r".*", r"(._)?psf(Diff)?Flux|._fpFluxMean", "float", "double"),
    # seven digits are more than the error of these quantities allows, at half the width
    (r"Source", r"ap\d\dFlux(Err)?|gaussianFlux(Err)?|sky(Err)?|psfFluxErr", "double", "float"),
    (r"Source", r"psfFlux_apCorr(Err)?|i(xx|xy|yy)(Debiased)?(PSF)?", "double", "float"),
    (r"Source", r"(size)?[eE]xtendedness|blendedness_abs", "double", "float"),
    (r"DiaObject", r"._psfFlux(Percentile\d\d|StetsonJ)|._scienceFluxSigma", "double", "float"),
    # far below 2^31
    (r".*", r"(lsst_)?(tract|patch)|detector|[xy]Size", "long", "int"),
]
DIFFERENT_UNITS = [
    (r"SSSource", r"(helio|topo)centricV[XYZ]", "AU", "AU/d"),  # they are velocities
    (r"SSObject", r"._H_._G12_Cov", "mag2", "mag"),  # H is in mag, G12 has no unit
    (r"DiaObject", r"(first|last)DiaSourceMjdTai|validity.*MjdTai", "", "d"),  # left out there
    (r"VisitDetector", r"sky(Bg|Noise)", "adu", "ct"),  # counts of the calibrated exposure
]

DP1_QUERIES = {
    "colour-magnitude diagram": ("Object", "objectId coord_ra coord_dec refExtendedness g_psfMag "
                                 "g_psfMagErr r_psfMag r_psfMagErr i_psfMag g_psfFlux_flag"),
    "spectral energy distribution": ("Object", "objectId u_psfFlux u_psfFluxErr g_psfFlux "
                                     "r_psfFlux i_psfFlux z_psfFlux y_psfFlux y_psfFluxErr ebv"),
    "galaxies": ("Object", "coord_ra coord_dec i_cModelMag i_cModelMagErr i_cModelFlux "
                 "i_cModel_flag i_kronFlux i_blendedness i_extendedness i_gaap1p0Flux "
                 "i_gaapOptimalFlux i_sersicFlux sersic_index sersic_reff_x sersic_reff_y "
                 "sersic_rho sersic_no_data_flag i_bdFluxB i_bdFluxD i_ap12Flux"),
    "weak lensing": ("Object", "objectId coord_ra coord_dec i_hsmShapeRegauss_e1 "
                     "i_hsmShapeRegauss_e2 i_hsmShapeRegauss_flag shape_xx shape_yy shape_xy "
                     "i_ixxPSF i_iyyPSF i_ixyPSF refBand i_inputCount i_epoch"),
    "blends": ("Object", "objectId parentObjectId detect_isIsolated detect_fromBlend "
               "deblend_nChild deblend_skipped footprintArea tract patch x y xErr yErr"),
    "detections of a visit": ("Source", "sourceId visit detector band coord_ra coord_dec ra dec "
                              "x y psfFlux psfFluxErr psfFlux_flag ap12Flux extendedness "
                              "pixelFlags_saturatedCenter calib_psf_used ixx iyy ixy"),
    "light curve of an object": ("ForcedSource", "objectId coord_ra coord_dec visit detector band "
                                 "psfFlux psfFluxErr psfFlux_flag psfDiffFlux psfDiffFluxErr "
                                 "pixelFlags_suspect pixelFlags_saturated invalidPsfFlag"),
    "light curve of a transient": ("ForcedSourceOnDiaObject", "diaObjectId visit band psfFlux "
                                   "psfFluxErr psfDiffFlux psfDiffFluxErr psfDiffFlux_flag"),
    "variables": ("DiaObject", "diaObjectId ra dec nDiaSources g_psfFluxMean r_psfFluxMean "
                  "r_psfFluxMin r_psfFluxMax r_psfFluxSigma r_psfFluxNdata r_scienceFluxMean "
                  "r_scienceFluxMeanErr i_psfFluxMaxSlope i_psfFluxStetsonJ r_psfFluxMAD"),
    "differences": ("DiaSource", "diaSourceId diaObjectId ssObjectId visit detector band ra dec "
                    "midpointMjdTai psfFlux psfFluxErr apFlux scienceFlux scienceFluxErr snr "
                    "reliability extendedness isDipole pixelFlags_streak pixelFlags_edge"),
    "visits": ("Visit", "visit band physical_filter ra dec skyRotation airmass expTime "
               "expMidptMJD obsStartMJD obsStart zenithDistance"),
    "image quality": ("VisitDetector", "visitId ccdVisitId detector band ra dec seeing magLim "
                      "zeroPoint skyBg skyNoise psfSigma pixelScale nPsfStar xSize ySize llcra "
                      "llcdec ulcra ulcdec urcra urcdec lrcra lrcdec expMidptMJD effTime"),
    "moving objects": ("SSSource", "ssObjectId diaSourceId heliocentricDist topocentricDist "
                       "phaseAngle eclipticLambda eclipticBeta heliocentricX residualRa"),
    "moving objects found": ("SSObject", "ssObjectId numObs discoverySubmissionDate"),
    "coverage": ("CoaddPatches", "lsst_tract lsst_patch s_ra s_dec s_region"),
}  # fmt: skip


@cache
def published() -> list[dict[str, dict[str, dict[str, Any]]]]:
    """Rubin's DP1, DP2 and alert tables: table -> column -> declaration."""
    schemas = pytest.importorskip("lsst.sdm.schemas", reason="lsst-sdm-schemas is not installed")
    folder = schemas.__path__[0]
    releases = []
    for name in ("dp1", "drp_base", "apdb"):
        with open(f"{folder}/{name}.yaml", encoding="utf-8") as file:
            declared = yaml.load(file, Loader=yaml.CSafeLoader)
        tables = {t["name"]: {c["name"]: c for c in t["columns"]} for t in declared["tables"]}
        tables.setdefault("VisitDetector", tables.get("CcdVisit", {}))
        releases.append(tables)
    return releases


def siblings(table: str, column: str) -> list[dict[str, Any]]:
    """Columns of this name in Rubin's releases of the table."""
    found = [tables.get(table, {}).get(column) for tables in published()]
    return [column for column in found if column is not None]


def their_unit(column: dict[str, Any]) -> Any:
    return Unit(column.get("ivoa:unit") or column.get("fits:tunit") or "")


def is_deliberate(known: list[tuple[str, ...]], table: str, column: str, *pair: str) -> bool:
    """Whether a difference is one of those listed above."""
    return any(
        re.fullmatch(where, table) and re.fullmatch(which, column) and pair == tuple(values)
        for where, which, *values in known
    )


def differing_types(table: str, column: Column) -> list[str]:
    theirs = [TYPES.get(s["datatype"], s["datatype"]) for s in siblings(table, column.name)]
    ours = str(column.datatype)
    if not theirs or ours in theirs:
        return []
    deliberate = is_deliberate(DIFFERENT_TYPES, table, column.name, theirs[0], ours)
    return [] if deliberate else [f"{column.name}: {theirs} there, {ours} here"]


def differing_units(table: str, column: Column) -> list[str]:
    theirs = [their_unit(sibling) for sibling in siblings(table, column.name)]
    ours = Unit(column.ivoa_unit)
    if not theirs or ours in theirs:
        return []
    pair = (theirs[0].to_string(), column.ivoa_unit or "")
    deliberate = is_deliberate(DIFFERENT_UNITS, table, column.name, *pair)
    return [] if deliberate else [f"{column.name}: {theirs} there, {ours} here"]


@pytest.mark.parametrize("table", OURS)
def test_types_and_units_are_those_of_a_published_release(table: str) -> None:
    columns = OURS[table].values()
    assert [text for column in columns for text in differing_types(table, column)] == []
    assert [text for column in columns for text in differing_units(table, column)] == []


@pytest.mark.parametrize("table", OURS)
def test_most_columns_are_known_to_readers_of_rubin_data(table: str) -> None:
    unknown = [name for name in OURS[table] if not siblings(table, name)]
    own = r"hpx29|objectId|solutionId|epoch|pm.*|parallax.*|kron.*|shape_flag|._lc(Non)?Periodic"
    assert [name for name in unknown if not re.fullmatch(own, name)] == []


@pytest.mark.parametrize("subject", DP1_QUERIES)
def test_columns_of_published_queries_exist(subject: str) -> None:
    table, columns = DP1_QUERIES[subject]
    assert [name for name in columns.split() if name not in OURS[table]] == []
    tutorial = published()[0][table]
    assert [name for name in columns.split() if name not in tutorial] == [], "not a DP1 query"
