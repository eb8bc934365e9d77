"""Numerics of sky positions: HEALPix keys, regions, distances."""
