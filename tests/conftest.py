"""Fixtures shared by all tests; each kind of fixture lives in a module of its own."""

from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("skytract", settings(), deadline=None)
settings.load_profile("skytract")

pytest_plugins = [
    "tests.fix_data",
    "tests.fix_db",
    "tests.fix_hsc",
    "tests.fix_release",
    "tests.fix_survey",
]
