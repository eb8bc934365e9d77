import numpy as np
import pyarrow.parquet as pq

from skytract.loaders.load import load_file


def test_the_reference_catalog_loads(survey, loader):
    result = load_file(loader, survey.reference)
    table = pq.read_table(survey.reference).to_pandas()
    assert (result.state, result.kind, result.rows) == ("loaded", "ReferenceStar", len(table))
    rows = loader.execute(
        "SELECT refStarId, ra, r_flux, pmRa FROM raw.ReferenceStar WHERE catalog = 'simulated'"
        " ORDER BY refStarId",
        binary=True,
    ).fetchall()
    expected = table[["refStarId", "ra", "r_flux", "pmRa"]].sort_values("refStarId")
    np.testing.assert_array_equal(np.array(rows, float), expected.to_numpy(float))
