-- Leaves in the setting skytract.report a JSON pair: versions of the server's Python and of the
-- packages that UDFs import, and the reasons why some cannot be imported.
DO LANGUAGE plpython3u $$
import importlib
import json
import platform

versions, faults = {"python": platform.python_version()}, {}
for name in ("numpy", "scipy", "astropy", "healpy", "skytract", "skytract.udf"):
    try:
        versions[name] = str(getattr(importlib.import_module(name), "__version__", ""))
    except Exception as error:
        faults[name] = f"{type(error).__name__}: {error}"
plan = plpy.prepare("SELECT set_config('skytract.report', $1, true)", ["text"])
plpy.execute(plan, [json.dumps([versions, faults])])
$$
