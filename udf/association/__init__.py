"""Numerics that group detections into objects."""
