"""Published data kept beside the project: found, or the test is skipped with the reason."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Callable[..., Path]:
    """Return a function: name of a file or folder of the published data -> its path, or skip."""

    def find(*name: str) -> Path:
        root = Path(os.environ.get("SKYTRACT_DATA", REPOSITORY.parent / "shared" / "data"))
        path = root.joinpath(*name)
        if not path.exists():
            pytest.skip(f"published data not found at {path}: set SKYTRACT_DATA to their folder")
        return path

    return find
