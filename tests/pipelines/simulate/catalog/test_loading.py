"""What is simulated loads without complaint, and the database has what was drawn."""

import numpy as np

from skytract.loaders.load import load_paths
from skytract.loaders.load_files import find_files


def test_everything_loads(tiny, loader):
    loader.rollback()
    for result in load_paths(loader, find_files([tiny.folder])):
        assert result.state == "loaded", (result.path, result.error)
    for kind in ("Visit", "VisitDetector", "Source", "DiaSource", "ForcedSource", "ReferenceStar"):
        (count,) = loader.execute(f"SELECT count(*) FROM raw.{kind}").fetchone()
        assert count == tiny.files.rows[kind], kind
    flux = loader.execute("SELECT sourceId, psfInstFlux, ra FROM raw.Source ORDER BY sourceId")
    table = tiny.table("Source").sort_values("sourceId")
    np.testing.assert_array_equal(
        np.array(flux.fetchall(), float), table[["sourceId", "psfInstFlux", "ra"]].to_numpy(float)
    )
