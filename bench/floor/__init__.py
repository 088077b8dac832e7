"""The physical floor: the same commits, publishes, consumes and acks as a journey, by bare asyncpg and nats-py.

One process per service that writes anything, a database each, PostgreSQL with fsync and NATS with
``sync_interval: always``; no framework, no HTTP, no telemetry, no check of anybody. What it does for a journey is the
table of `bench.floor.profile`.
"""
