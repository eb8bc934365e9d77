"""Header dialects as data: what each camera calls what the pipeline needs (`instruments.yaml`)."""

import math
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml
from astropy.time import Time

from skytract.pipelines.exposure import FrameInfo
from skytract.pipelines.frame_error import FrameError

SECONDS_PER_DAY = 86400.0
BANDS = ("u", "g", "r", "i", "z", "y")
REQUIRED = ("visit", "detector", "band", "mjd", "expTime", "ra", "dec")

LIMITS = {
    "expTime": (0.0, 1e6),
    "ra": (-360.0, 720.0),
    "dec": (-90.0, 90.0),
    "gain": (1e-3, 1e3),
    "readNoise": (0.0, 1e4),
    "airmass": (0.99, 100.0),
    "seeing": (0.05, 60.0),
    "pixelScale": (1e-3, 1e3),
}
"""What a value can be, in the units of `FrameInfo`; NaN it can never be."""

Header = Mapping[str, Any]
Instrument = dict[str, Any]

_FLOATS = {
    "exp_time": "expTime",
    "ra": "ra",
    "dec": "dec",
    "read_noise": "readNoise",
    "saturation": "saturation",
    "airmass": "airmass",
    "sky_rotation": "skyRotation",
    "zenith_distance": "zenithDistance",
    "parallactic_angle": "parallacticAngle",
    "seeing": "seeing",
    "pixel_scale": "pixelScale",
    "pressure": "pressure",
    "pwv": "pwv",
    "ozone": "ozone",
    "aerosol": "aerosol",
}


@cache
def read_instruments() -> dict[str, Instrument]:
    """Read the dialects that come with the package, by instrument name."""
    text = (files("skytract.pipelines") / "instruments.yaml").read_text(encoding="utf-8")
    return cast(dict[str, Instrument], yaml.safe_load(text))


def find_instrument(header: Header, path: Path, name: str | None = None) -> Instrument:
    """Return the dialect a header is written in, or the one asked for by name.

    Raises
    ------
    FrameError
        If no dialect matches the header, or none has that name.
    """
    known = read_instruments()
    if name is not None:
        if name not in known:
            raise FrameError(f"There is no instrument '{name}'; known are {', '.join(known)}.")
        return known[name]
    for instrument in known.values():
        if all(_matches(header, *item) for item in instrument["match"].items()):
            return instrument
    described = ", ".join(f"{key} = {header.get(key)!r}" for key in ("TELESCOP", "INSTRUME"))
    raise FrameError(
        f"{path}: no known instrument writes this header ({described}). Frames need the keywords "
        f"VISIT, DETECTOR and MJDMID, or an entry in instruments.yaml beside {', '.join(known)}; "
        "--instrument NAME chooses one of these."
    )


def _matches(header: Header, keyword: str, wanted: Any) -> bool:
    return keyword in header and wanted in ("*", str(header[keyword]).strip())


def read_field(instrument: Instrument, field: str, header: Header, path: Path) -> Any:
    """Read one field from a header by its dialect; None if the header does not say.

    Raises
    ------
    FrameError
        If a value has no translation, or the file's name does not hold the number it should.
    """
    spec = instrument.get(field)
    if spec is None:
        return None
    if isinstance(spec, str):
        return header.get(spec)
    if "value" in spec:
        return spec["value"]
    if "filename" in spec:
        return _from_filename(spec["filename"], field, path)
    if "date" in spec:
        return _from_date([header.get(keyword) for keyword in spec["date"]])
    return _translated(spec, field, header.get(spec["keyword"]), path)


def _from_filename(pattern: str, field: str, path: Path) -> int:
    found = re.search(pattern, path.name)
    if found is None:
        raise FrameError(f"{path}: the name should hold the {field} as in '{pattern}'; rename it.")
    return int("".join(found.groups()))


def _from_date(parts: list[Any]) -> float | None:
    if any(part is None for part in parts):
        return None
    return float(Time("T".join(str(part).strip() for part in parts), format="isot").mjd)


def _translated(spec: Instrument, field: str, value: Any, path: Path) -> Any:
    if value is None:
        return None
    if "map" in spec:
        key = value.strip() if isinstance(value, str) else value
        if key not in spec["map"]:
            option = ", or give --band" if field == "band" else ""
            raise FrameError(
                f"{path}: {spec['keyword']} = {key!r} is not among the known values of "
                f"{field}: {list(spec['map'])}; add it to instruments.yaml{option}."
            )
        return spec["map"][key]
    return _number(value, field, path) * spec.get("scale", 1.0) + spec.get("offset", 0.0)


def _number(value: Any, field: str, path: Path) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise FrameError(
            f"{path}: {field} should be a number, the header has {value!r}; correct it."
        ) from error


def _keyword(instrument: Instrument, field: str) -> str:
    spec = instrument.get(field, field)
    return spec if isinstance(spec, str) else str(spec.get("keyword", spec.get("date", field)))


def _optional_number(
    instrument: Instrument, field: str, header: Header, path: Path
) -> float | None:
    value = read_field(instrument, field, header, path)
    if value is None:
        return None
    number = _number(value, field, path)
    low, high = LIMITS.get(field, (-math.inf, math.inf))
    if not low <= number <= high:
        raise FrameError(
            f"{path}: {_keyword(instrument, field)} ({field}) is {number}; it must lie between "
            f"{low} and {high}. Correct the header, or take the keyword away."
        )
    return number


def read_info(
    instrument: Instrument, header: Header, path: Path, band: str | None = None
) -> FrameInfo:
    """Read what a header says about a frame, in the units of `FrameInfo`.

    Parameters
    ----------
    instrument : dict
        Dialect, an entry of `instruments.yaml`.
    header : mapping
        FITS header.
    path : Path
        File, for messages and for numbers kept in its name.
    band : str, optional
        Band to use instead of the header's.

    Raises
    ------
    FrameError
        If a required keyword is missing or holds something unusable.
    """
    values: dict[str, Any] = {"band": band} if band else {}
    for field in REQUIRED:
        if field not in values:
            values[field] = read_field(instrument, field, header, path)
        if values[field] is None:
            raise FrameError(
                f"{path}: the header lacks the keyword {_keyword(instrument, field)} ({field}). "
                "Write it into the header, or give its value in instruments.yaml."
            )
    if values["band"] not in BANDS:
        raise FrameError(f"{path}: band is {values['band']!r}; it must be one of {BANDS}.")
    gain = _optional_number(instrument, "gain", header, path)
    physical_filter = read_field(instrument, "physicalFilter", header, path)
    numbers: dict[str, Any] = {
        name: _optional_number(instrument, field, header, path) for name, field in _FLOATS.items()
    }
    return FrameInfo(
        name=path.name,
        visit=int(_number(values["visit"], "visit", path)),
        detector=int(_number(values["detector"], "detector", path)),
        band=values["band"],
        physical_filter=None if physical_filter is None else str(physical_filter).strip(),
        mjd=_middle(instrument, _number(values["mjd"], "mjd", path), numbers["exp_time"]),
        gain=1.0 if gain is None else gain,
        calibrated=instrument["units"] == "calibrated",
        **numbers,
    )


def _middle(instrument: Instrument, mjd: float, exp_time: float) -> float:
    """Turn the header's time into the middle of the exposure, MJD TAI."""
    if instrument["mjdIs"] == "start":
        mjd += 0.5 * exp_time / SECONDS_PER_DAY
    if instrument["timeScale"] == "utc":
        mjd = float(Time(mjd, format="mjd", scale="utc").tai.mjd)
    return mjd
