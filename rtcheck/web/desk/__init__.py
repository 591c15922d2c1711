"""What runs in the worker processes: files are read and plans are checked here, and nowhere else in the server."""
