"""One tiny survey, drawn once per session."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from skytract.pipelines.simulate.catalog.plan import PRESETS, CatalogPlan
from skytract.pipelines.simulate.catalog.survey import CatalogFiles, simulate_catalogs

PLAN = CatalogPlan(seed=3, **PRESETS["tiny"])


@dataclass(frozen=True)
class Tiny:
    """A survey on disk and its tables."""

    files: CatalogFiles

    @property
    def folder(self) -> Path:
        return self.files.folder

    def table(self, kind: str) -> Any:
        """Read all files of a kind as one pandas table."""
        place = self.folder / "truth" if kind.startswith("Truth") else self.folder
        paths = sorted([*place.glob(f"{kind}.parquet"), *place.glob(f"{kind}_*.parquet")])
        return pq.read_table(paths).to_pandas()

    def joined(self, kind: str, key: str) -> Any:
        """Read a kind beside its truth, whose columns of the same name end in True."""
        truth = self.table(f"Truth{kind}")
        return self.table(kind).merge(truth, "inner", key, suffixes=("", "True"))

    def coadds(self, kind: str) -> Any:
        """Read all files of a kind of all tracts as one pandas table."""
        paths = sorted(self.folder.glob(f"tract_*/{kind}_*.parquet"))
        return pq.read_table(paths).to_pandas()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(simulate_catalogs(tmp_path_factory.mktemp("catalogs") / "tiny", PLAN))
