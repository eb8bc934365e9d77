"""A survey with known truth: sky, observations, frames."""
