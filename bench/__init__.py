"""The bench: what a journey costs, beside a floor that does the same writes with no framework."""
