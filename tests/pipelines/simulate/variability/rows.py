import numpy as np

from skytract.pipelines.simulate.variability.kinds import VARIABLE, kind_index

OBJECT = np.dtype([*VARIABLE.descr, ("truthId", "i8"), ("redshift", "f4")])


def with_ids(rows, first=0):
    """Return rows of VARIABLE as objects with ids counted from `first`."""
    objects = np.zeros(len(rows), OBJECT)
    for name in rows.dtype.names:
        objects[name] = rows[name]
    objects["truthId"] = first + np.arange(len(rows))
    return objects


def one_kind(kind, number, params=(), first=0):
    """Return objects of a kind with the same first parameters."""
    objects = np.zeros(number, OBJECT)
    objects["varKind"] = kind_index(kind)
    objects["period"] = objects["epochOfMax"] = np.nan
    objects["varParams"][:, : len(params)] = params
    objects["truthId"] = first + np.arange(number)
    return objects
