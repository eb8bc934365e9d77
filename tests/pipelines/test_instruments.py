"""Header dialects: every field read from real headers, and refusals that name the remedy."""

from pathlib import Path
from typing import Any

import pytest

from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.instruments import find_instrument, read_info, read_instruments
from skytract.pipelines.read_raw import read_info as read_file_info
from tests.pipelines.frames import header_cards

PATH = Path("visit_7_det_3.fits")


def info_of(**changes: Any) -> Any:
    header = header_cards(7, 3, **changes)
    return read_info(find_instrument(header, PATH), header, PATH)


def test_own_dialect_reads_every_keyword() -> None:
    info = info_of(SEEING=0.8, PWV=3.5, ZENDIST=33.0, PARANG=12.0, PRESSURE=780.0)
    assert (info.visit, info.detector, info.band, info.physical_filter) == (7, 3, "r", "r_test")
    assert (info.mjd, info.exp_time, info.airmass) == (60000.25, 30.0, 1.2)
    assert (info.gain, info.read_noise, info.saturation) == (2.0, 6.0, 60000.0)
    assert (info.ra, info.dec, info.sky_rotation) == (150.0, -2.0, 0.0)
    assert (info.seeing, info.pwv, info.zenith_distance) == (0.8, 3.5, 33.0)
    assert (info.parallactic_angle, info.pressure, info.ozone) == (12.0, 780.0, None)


def test_emmi_time_is_the_middle_of_the_logged_exposure(shared_data: Any) -> None:
    # The ESO log in the header says 03:04:08 UTC on 1992-10-26 = MJD 48921; TAI - UTC was 27 s.
    info = read_file_info(shared_data("sep_emmi", "image.fits"))
    middle = 48921 + (3 * 3600 + 4 * 60 + 8 + 600 + 27) / 86400
    assert info.mjd == pytest.approx(middle, abs=1.5 / 86400)
    assert (info.visit, info.band, info.physical_filter) == (24887, "r", "R")
    assert info.calibrated


def test_sdss_time_and_gain(shared_data: Any) -> None:
    # TAIHMS 05:38:15.32 on 1999-10-07 = MJD 51458 is the first row's time, already TAI.
    info = read_file_info(shared_data("sdss_frame", "frame-r-001000-1-0100.fits.bz2"))
    start = 51458 + (5 * 3600 + 38 * 60 + 15.32) / 86400
    assert info.mjd == pytest.approx(start + 0.5 * 53.907456 / 86400, abs=0.1 / 86400)
    assert (info.visit, info.detector, info.gain) == (10000100, 1, 4.71)


def test_saao_needs_a_band_and_takes_its_visit_from_the_name(shared_data: Any) -> None:
    path = shared_data("raw_ccd", "saao_a8280271.fits")
    with pytest.raises(FrameError, match=r"FILTERS = 48 .* give --band"):
        read_file_info(path)
    info = read_file_info(path, band="g")
    # 2013-07-13 is MJD 56486; 00:57:33 UTC at the start, 150.04 s; TAI - UTC was 35 s.
    assert info.mjd == pytest.approx(56486 + (57 * 60 + 33 + 75.02 + 35) / 86400, abs=1e-6)
    assert (info.visit, info.band, info.gain, info.read_noise) == (8280271, "g", 1.9, 5.0)


def test_optional_keywords_may_be_missing() -> None:
    info = info_of(AIRMASS=None, RDNOISE=None, FILTER=None, GAIN=None)
    assert (info.airmass, info.read_noise, info.physical_filter) == (None, None, None)
    assert info.gain == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"EXPTIME": None}, r"visit_7_det_3.fits: the header lacks the keyword EXPTIME.*Write it"),
        ({"BAND": None}, "lacks the keyword BAND"),
        ({"BAND": "V"}, "band is 'V'; it must be one of"),
        ({"EXPTIME": "long"}, "expTime should be a number, the header has 'long'"),
        ({"SEEING": -1.0}, r"SEEING \(seeing\) is -1.0; it must lie between 0.05 and 60.0"),
        ({"DEC_PNT": -91.0}, r"DEC_PNT \(dec\) is -91.0"),
        ({"GAIN": 0.0}, r"GAIN \(gain\) is 0.0; .* Correct the header"),
        ({"MJDMID": None}, "no known instrument writes this header"),
    ],
)
def test_refusals_name_file_keyword_and_remedy(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FrameError, match=message):
        info_of(**changes)


def test_unknown_instrument_lists_the_known_ones() -> None:
    with pytest.raises(FrameError, match=r"no instrument 'hst'; known are skytract, .*sdss"):
        find_instrument({}, PATH, "hst")


def test_wrong_file_name_is_refused() -> None:
    instrument = read_instruments()["saao_ste3"]
    with pytest.raises(FrameError, match=r"name should hold the visit .* rename it"):
        read_info(instrument, {}, PATH, band="r")
