"""DiaObjects visit by visit with plain loops and no tree: an oracle."""

import math
from dataclasses import dataclass, field

import numpy as np

Seen = tuple[int, int, int, float, float, float]
"""Visit, id, key, ra, dec [deg], error of both [deg] or NaN."""

ARCSEC = math.radians(1 / 3600)


@dataclass
class Thing:
    """An object: its id, the detections it has."""

    key: int
    seen: list[Seen] = field(default_factory=list)

    def position(self) -> tuple[np.ndarray, float]:
        """Mean direction, by the weights of the errors if there are any, and its error [deg]."""
        known = [s for s in self.seen if s[5] > 0]
        weights = [1 / (2 * s[5] ** 2) for s in known] or [1.0] * len(self.seen)
        mean = sum(w * vector(*s[3:5]) for w, s in zip(weights, known or self.seen, strict=True))
        error = math.sqrt(1 / sum(2 * w for w in weights)) if known else math.nan
        return mean / np.linalg.norm(mean), float(np.float32(error))


def vector(ra: float, dec: float) -> np.ndarray:
    a, d = math.radians(ra), math.radians(dec)
    return np.array([math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)])


def slow_dia_objects(detections: list[Seen], radius_arcsec: float) -> dict[int, int]:
    """Return the object's id by detection."""
    objects: list[Thing] = []
    for visit in sorted({d[0] for d in detections}):
        left = sorted((d for d in detections if d[0] == visit), key=lambda d: d[1])
        free = list(objects)
        while best := min(
            (
                (rank(d, o), d[1], o.key, d, o)
                for d in left
                for o in free
                if near(d, o, radius_arcsec)
            ),
            key=lambda pair: pair[:3],
            default=None,
        ):
            best[4].seen.append(best[3])
            left.remove(best[3])
            free.remove(best[4])
        for detection in left:
            key = detection[2]
            while key in {o.key for o in objects}:
                key += 1
            objects.append(Thing(key, [detection]))
    return {seen[1]: thing.key for thing in objects for seen in thing.seen}


def near(detection: Seen, thing: Thing, radius_arcsec: float) -> bool:
    apart = vector(*detection[3:5]) - thing.position()[0]
    return bool(2 * math.asin(np.linalg.norm(apart) / 2) <= radius_arcsec * ARCSEC)


def rank(detection: Seen, thing: Thing) -> float:
    """Half chi-squared plus logarithm of the errors, alike in both directions here."""
    place, error = thing.position()
    apart = np.linalg.norm(vector(*detection[3:5]) - place)
    errors = [math.radians(e) if e > 0 else 0.2 * ARCSEC for e in (detection[5], error)]
    variance = max(errors[0] ** 2 + errors[1] ** 2, (0.05 * ARCSEC) ** 2)
    return float(apart**2 / (2 * variance) + math.log(variance))
