"""Which version of the code runs here: asked of the server's Python by every client."""

import skytract


def code_version() -> str:
    """Return the version of the skytract package that is running."""
    return skytract.__version__
