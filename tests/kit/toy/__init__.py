"""A service with nothing but mechanism: it counts what it is handed, and fails when told to."""
