"""Many plans through one executor, into one SQLite file: resumable, and the worst plan decides the exit status."""
