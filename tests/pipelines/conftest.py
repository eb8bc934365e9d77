"""The published EMMI image, characterized once for all tests, and its catalogue."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skytract.pipelines.characterize_image import Characterization, characterize_image
from skytract.pipelines.read_raw import read_raw
from skytract.pipelines.run_isr import run_isr


@pytest.fixture(scope="session")
def emmi(shared_data: Callable[..., Path]) -> Characterization:
    """The EMMI image as the chain sees it with its default settings."""
    return characterize_image(run_isr(read_raw(shared_data("sep_emmi", "image.fits"))))


@pytest.fixture(scope="session")
def emmi_catalogue(shared_data: Callable[..., Path]) -> Any:
    """SExtractor's catalogue, columns by the names its own header gives them."""
    path = shared_data("sep_emmi", "image.cat")
    header = [line.split() for line in path.read_text().splitlines() if line.startswith("#")]
    values = np.loadtxt(path)
    names = {int(words[1]) - 1: words[2] for words in header}
    dtype = [(names.get(i, f"column_{i}"), float) for i in range(values.shape[1])]
    return np.array([tuple(row) for row in values], dtype=dtype)
