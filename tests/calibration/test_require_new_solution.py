"""A name of a solution is one transaction's, and only of those who may write solutions."""

import psycopg
import pytest

from tests.fix_db import Connect

REQUIRE = "SELECT calibration.require_new_solution(%s)"


def test_a_name_that_is_being_made_is_refused_at_once(connect_to: Connect) -> None:
    first, second = connect_to("manager"), connect_to("manager")
    first.execute(REQUIRE, ("zp1",))
    first.execute(REQUIRE, ("zp1",))
    with pytest.raises(psycopg.Error, match=r"another session is just making .* 'zp1'"):
        second.execute(REQUIRE, ("zp1",))
    second.rollback()
    second.execute(REQUIRE, ("zp2",))
    first.rollback()
    second.execute(REQUIRE, ("zp1",))


def test_a_reader_is_told_before_a_fit_begins(reader: psycopg.Connection) -> None:
    words = "the role skytract_reader may not write calibration solutions"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=words) as refused:
        reader.execute("SELECT calibration.fit_joint_photometry('zp1', 'dr1', 'gaia')")
    assert "skytract calibrate" in (refused.value.diag.message_hint or "")
