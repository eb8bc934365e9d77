"""The database server, connections, and the way of files into tables."""
