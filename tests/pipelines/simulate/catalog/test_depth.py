"""The depth of coadds that workers read is that of their survey."""

import os
from dataclasses import fields

import numpy as np

from skytract.pipelines.simulate.catalog.depth import Depth


def test_a_folder_that_is_used_again_has_its_new_depth(tmp_path):
    for survey in (1.0, 2.0):
        depth = Depth(**{field.name: np.array([survey]) for field in fields(Depth)})
        depth.save(tmp_path)
        os.utime(tmp_path / "depth.npz", (survey, survey))  # clocks of file systems may be coarse
        assert Depth.open(tmp_path).zMean == survey
        assert Depth.open(tmp_path) is Depth.open(tmp_path)
