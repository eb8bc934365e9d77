"""The Python of docs/simulation.md runs, in the order of the page."""

import re
from typing import Any

import numpy as np

from tests.fix_data import REPOSITORY

PAGE = (REPOSITORY / "docs" / "simulation.md").read_text(encoding="utf-8")


def test_python_runs() -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(block, names)
    shared = np.isin(names["near"]["truthId"], names["wide"]["truthId"])
    assert 0 < shared.sum() < len(shared)


def test_pictures_are_there() -> None:
    for name in re.findall(r"\]\((figures/[^)]+)\)", PAGE):
        assert (REPOSITORY / "docs" / name).is_file(), name
