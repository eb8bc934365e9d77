"""Pixel stages, simulators, and the drivers that run pixel and database stages in order."""
