"""N-way matching again, in plain loops: the definition that the fast one is held to."""

from collections.abc import Sequence

import numpy as np


def angle(a: Sequence[float], b: Sequence[float]) -> float:
    """Angle between two positions (ra, dec) [deg], in arcsec, by the haversine formula."""
    ra1, dec1, ra2, dec2 = np.radians([*a, *b])
    square = np.sin((dec2 - dec1) / 2) ** 2
    square += np.cos(dec1) * np.cos(dec2) * np.sin((ra2 - ra1) / 2) ** 2
    return float(np.degrees(2 * np.arcsin(np.sqrt(square)))) * 3600


def slow_groups(
    detections: Sequence[tuple[int, int, bool, float, float]], radius_arcsec: float
) -> dict[int, int]:
    """Return source id -> id of the discovery, of detections (visit, id, is_primary, ra, dec)."""
    rest = sorted(detections, key=lambda d: (d[0], not d[2], d[1]))
    discovery: dict[int, int] = {}
    while rest:
        chain, waiting = [], [rest[0]]
        while waiting:
            here = waiting.pop()
            if here in rest:
                rest.remove(here)
                chain.append(here)
                waiting += [d for d in rest if angle(here[3:], d[3:]) <= radius_arcsec]
        chain.sort(key=lambda d: (d[0], not d[2], d[1]))
        if len({d[0] for d in chain}) == len(chain):
            discovery |= {d[1]: chain[0][1] for d in chain}
        else:
            discovery |= deal(chain, radius_arcsec)
    return discovery


def deal(
    chain: Sequence[tuple[int, int, bool, float, float]], radius_arcsec: float
) -> dict[int, int]:
    """Deal the detections out visit by visit, the closest pair of detection and discovery first."""
    discoveries: list[tuple[int, int, bool, float, float]] = []
    found: dict[int, int] = {}
    for visit in sorted({d[0] for d in chain}):
        free = list(discoveries)
        members = [d for d in chain if d[0] == visit]
        while free and members:
            pairs = [
                (angle(f[3:], m[3:]), i, j)
                for i, f in enumerate(free)
                for j, m in enumerate(members)
            ]
            apart, i, j = min(pairs)
            if apart > radius_arcsec:
                break
            found[members.pop(j)[1]] = free.pop(i)[1]
        for m in members:
            found[m[1]] = m[1]
            discoveries.append(m)
    return found
