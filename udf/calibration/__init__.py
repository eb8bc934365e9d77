"""Numerics that turn counts and pixels into fluxes and positions."""
