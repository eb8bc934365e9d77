"""Joint photometric fits say what they cannot do, and leave what is not theirs."""

import psycopg
import pytest

from tests.calibration.photometry_field import VISITS, Connection, field, fit, zero_points

__all__ = ["field"]


def test_images_without_reference_get_no_zero_point_but_a_warning(field: Connection) -> None:
    said: list[str] = []
    field.add_notice_handler(lambda d: said.append(f"{d.severity}: {d.message_primary}"))
    fit(field)
    assert sorted(zero_points(field)) == VISITS
    assert [line for line in said if line.startswith("WARNING")] == [
        "WARNING: no star ties visit/detector 7/0, 8/0 to the reference catalog, so they get no"
        " zero point"
    ]


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        ("'new', 'dr7', 'truth'", "there is neither a release nor a table 'dr7'", "Name a release"),
        ("'new', 'a b', 'truth'", "there is neither a release nor a table 'a b'", "double quotes"),
        ("'new', 'a.b.c.d', 'truth'", "neither a release nor a table 'a.b.c.d'", "Name a release"),
        ("'new', NULL, 'truth'", "there is neither a release nor a table NULL", "Name a release"),
        ("'new', 'dr1', 'truth'", "'dr1' has no groups of sources", "Associate its sources"),
        ("'new', 'public.groups', 'gaia'", "no stars of a reference catalog 'gaia'", "Load it"),
        (
            "'new', 'public.groups', 'truth', seds => 'none'",
            "there is no solution of kind sed named 'none'",
            "",
        ),
        (
            "'new', 'public.groups', 'truth', bands => '{r,q}'",
            "bands are {r,q}",
            "Give bands of u g r i z y",
        ),
        (
            "'new', 'public.groups', 'truth', min_snr => 1e6",
            "none of the groups of 'public.groups' is a clean star",
            "Lower min_snr",
        ),
        (
            "'new', 'public.groups', 'truth', bands => '{g}'",
            "none of the groups of 'public.groups' is a clean star",
            "Lower min_snr",
        ),
        ("'new', 'public.groups', 'truth', held_out => 2", "held_out is 2", "0 to 0.5"),
        ("'new', 'public.groups', 'truth', bands => '{r,r}'", "bands are {r,r}", "each once"),
        ("NULL, 'public.groups', 'truth'", "a calibration solution has no name: NULL", "Give it"),
        ("' ', 'public.groups', 'truth'", "a calibration solution has no name: ' '", "Give it"),
        ("'new', 'raw.Visit', 'truth'", "lacks integer columns hpx29, sourceId", "Give one row"),
    ],
)
def test_refusals(field: Connection, call: str, message: str, hint: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException) as caught:
        field.execute(f"SELECT calibration.fit_joint_photometry({call})")
    assert message in str(caught.value.diag.message_primary)
    assert hint in str(caught.value.diag.message_hint)


@pytest.mark.parametrize(
    "name", ["photometry_star", "calibration_star_source", "photometry_image", "photometry_pair"]
)
def test_a_temporary_table_of_ones_own_is_left_alone(field: Connection, name: str) -> None:
    field.execute(f"CREATE TEMPORARY TABLE {name} AS SELECT 1 AS mine")
    with pytest.raises(psycopg.errors.RaiseException) as caught, field.transaction():
        fit(field)
    assert caught.value.diag.message_primary == (
        f"this session has temporary tables of names that are needed here: {name}"
    )
    assert "Rename yours" in str(caught.value.diag.message_hint)
    assert field.execute(f"SELECT mine FROM pg_temp.{name}").fetchall() == [(1,)]


def test_a_visit_without_passband_is_refused(field: Connection) -> None:
    field.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " ('night', 'passband', '{}', 'test', now()),"
        " ('spectra', 'sed', '{\"passbands\": \"night\"}', 'test', now())"
    )
    with pytest.raises(psycopg.errors.RaiseException) as caught:
        fit(field, "seds => 'spectra'")
    assert caught.value.diag.message_primary == (
        "visit/detector 1/0, 2/0, 3/0, 4/0, 5/0, 6/0, 7/0, 8/0 have no passband in 'night'"
    )
    assert "skytract sed passbands" in str(caught.value.diag.message_hint)


def test_no_tie_at_all_is_refused(field: Connection) -> None:
    field.execute("UPDATE raw.ReferenceStar SET r_flux = NULL")
    with pytest.raises(psycopg.errors.RaiseException, match="no visit-detector is tied to a ref"):
        fit(field)
