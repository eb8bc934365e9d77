"""Minor planets on Kepler orbits: who they are, where they are, how bright."""
