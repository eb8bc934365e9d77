"""The demo: the whole way of the data once, on a simulated survey and on real data."""
