"""What a user of lsdb does, in a process of its own: dask warns of much that is not ours.

`python -m tests.loaders.lsdb_session HATS OTHER_HATS RA DEC RADIUS`, the circle in degrees and
arcsec, prints what lsdb finds as JSON.
"""

import json
import sys
from pathlib import Path


def main(first: str, second: str, *cone: str) -> None:
    # Here, so that pytest can import this module to look for examples: importing lsdb warns.
    import lsdb
    from hats.io.validation import is_valid_catalog

    ra, dec, radius = map(float, cone)
    columns = len(lsdb.open_catalog(first).columns)
    # Each partition costs dask some 0.1 s, and more the more columns it has.
    few = {"columns": ["objectId", "coord_ra", "coord_dec"]}
    catalog, other = lsdb.open_catalog(first, **few), lsdb.open_catalog(second)
    method = {"suffixes": ("_1", "_2"), "suffix_method": "all_columns"}
    pairs = catalog.crossmatch(other, radius_arcsec=0.001, **method).compute()
    near = catalog.cone_search(ra=ra, dec=dec, radius_arcsec=radius).compute()
    found = {
        "valid": [bool(is_valid_catalog(Path(path), strict=True)) for path in (first, second)],
        "rows": [len(catalog), len(other)],
        "pairs": sorted(pairs[["objectId_1", "objectId_2"]].values.tolist()),
        "cone": sorted(near["objectId"].tolist()),
        "columns": columns,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
