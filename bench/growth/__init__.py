"""Growth: what a journey costs when many have been walked before, and which index keeps that flat."""
