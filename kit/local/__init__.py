"""The suite on one machine: embedded PostgreSQL and NATS, the supervisor behind `make up`. In no image."""
