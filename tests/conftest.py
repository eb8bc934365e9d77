"""Fixtures shared by all tests; each kind of fixture lives in a module of its own."""

pytest_plugins = [
    "tests.fix_data",
    "tests.fix_db",
    "tests.fix_hsc",
    "tests.fix_release",
    "tests.fix_survey",
]
