"""The survey of the joint fits is seen through the WCS that it says, and as large as asked for."""

import numpy as np

from bench import joint_data
from bench.joint_astrometry import systems
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.tangent_plane import MAS, project
from tests.fix_db import Connect

TRUE = """
SELECT crpix1, crpix2, ra, decl, -cos(turn) * scale, sin(turn) * scale,
    sin(turn) * scale, cos(turn) * scale, '{0}'::float8[], '{0}'::float8[]
FROM bench.image, (SELECT 0.2 / 3600 AS scale) AS s ORDER BY visit, detector
"""
SEEN = """
SELECT
    (s.visit - 1) * 189 + s.detector, s.x, s.y,
    t.ra + t.pmRa * v.years / 3.6e6 / cos(radians(t.decl)), t.decl + t.pmDec * v.years / 3.6e6,
    t.magnitude + 2.5 * log(s.psfInstFlux) - i.zeroPoint
FROM raw.Source AS s
JOIN bench.source_group AS g USING (hpx29, sourceId)
JOIN bench.star AS t ON t.star = g.objectId
JOIN bench.image AS i ON i.visit = s.visit AND i.detector = s.detector
JOIN (
    SELECT b.visit, (b.mjd - 60000) / 365.25 AS years FROM bench.visit AS b
) AS v ON v.visit = s.visit
"""


def test_detections_are_where_their_stars_are(module_connect: Connect) -> None:
    owner = module_connect("owner", autocommit=True)
    count = joint_data.fill(owner, 20_000)
    assert 15_000 < count < 22_000
    image, x, y, ra, dec, off = np.array(owner.execute(SEEN.encode()).fetchall(), float).T
    assert len(x) == count
    (found_ra, found_dec), _ = positions(systems(owner, TRUE), image.astype(int), x, y)
    east, north = MAS * project(found_ra, found_dec, ra, dec)
    assert abs(np.std(east) - 5.0) < 0.25  # 0.025 px of 0.2 arcsec
    assert abs(np.std(north) - 5.0) < 0.25
    assert abs(np.median(off)) < 0.001 and (np.abs(off) > 0.1).mean() < 0.01
