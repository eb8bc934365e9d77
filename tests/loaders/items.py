"""Files and units of a few places, which exclude and need each other in many ways."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skytract.loaders.load_scope import Place
from skytract.loaders.manifest import write_manifest
from tests.loaders.catalogs import (
    detector_columns,
    source_columns,
    visit_columns,
    write_catalog,
    write_patch,
)

NEEDS = {"VisitDetector": ("Visit", -1), "Source": ("VisitDetector", 4)}
"""What must be there for rows of a kind: kind, and detector."""


@dataclass(frozen=True)
class File:
    """A file as the model sees it: what it holds, and how many rows of it."""

    path: Path
    kind: str
    places: frozenset[Place]
    rows: int


@dataclass(frozen=True)
class Item:
    """What is loaded at once: a file, or a unit."""

    path: Path
    files: tuple[File, ...]

    @property
    def places(self) -> frozenset[Place]:
        return frozenset().union(*(file.places for file in self.files))

    @property
    def needs(self) -> frozenset[Place]:
        needed = [(NEEDS[p.kind], p.major) for p in self.places if p.kind in NEEDS]
        return frozenset(Place(kind, major, detector) for (kind, detector), major in needed)


def write_items(folder: Path) -> list[Item]:
    """Write all files and units of the test; those of one place differ in what they say of it."""
    single = [
        *(visit(folder, v, variant) for v in (1, 2) for variant in (0, 1)),
        *(detector(folder, v, variant) for v in (1, 2) for variant in (0, 1)),
        *(sources(folder, [v], variant) for v in (1, 2) for variant in (0, 1)),
        sources(folder, [1, 2], 2),
        *(patch(folder, p, variant) for p in (0, 1) for variant in (0, 1)),
    ]
    units = [
        unit(
            folder / "night", visit(folder, 2, 5), detector(folder, 2, 5), sources(folder, [2], 5)
        ),
        unit(folder / "night again", *(make(folder, 2, 6) for make in (visit, detector))),
        unit(folder / "tract", patch(folder, 0, 5), patch(folder, 1, 5)),
        unit(folder / "part", patch(folder, 1, 5), sources(folder, [1], 5)),
    ]
    return [*(Item(file.path, (file,)) for file in single), *units]


def visit(folder: Path, number: int, variant: int) -> File:
    columns = visit_columns(number) | {"expTime": [30.0 + variant]}
    path = write_catalog(folder / f"Visit_{number}_{variant}.parquet", "Visit", columns)
    return File(path, "Visit", frozenset({Place("Visit", number, -1)}), 1)


def detector(folder: Path, number: int, variant: int) -> File:
    columns = detector_columns(number) | {"gain": [1.0 + variant]}
    path = folder / f"VisitDetector_{number}_{variant}.parquet"
    write_catalog(path, "VisitDetector", columns)
    return File(path, "VisitDetector", frozenset({Place("VisitDetector", number, 4)}), 1)


def sources(folder: Path, visits: list[int], variant: int) -> File:
    """Write sources with the same ids, half of them at the same positions, in all variants."""
    parts = [source_columns(4 + variant, number) for number in visits]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["ra"] += 1e-3 * variant * (np.arange(len(columns["ra"])) % 2)
    columns["psfInstFlux"] += variant
    path = folder / f"Source_{'_'.join(map(str, visits))}_v{variant}.parquet"
    write_catalog(path, "Source", columns)
    places = frozenset(Place("Source", number, 4) for number in visits)
    return File(path, "Source", places, len(columns["ra"]))


def patch(folder: Path, number: int, variant: int) -> File:
    below = folder / f"variant {variant}"
    below.mkdir(exist_ok=True)
    path = write_patch(below, number, n=3 + variant, flux=variant)
    return File(
        path, "CoaddSource", frozenset({Place("CoaddSource", 9813, number, "r")}), 3 + variant
    )


def unit(folder: Path, *files: File) -> Item:
    folder.mkdir()
    for file in files:
        (folder / file.path.name).write_bytes(file.path.read_bytes())
    write_manifest(folder, folder.name)
    return Item(folder, files)
