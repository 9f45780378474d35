"""The least that any service must do: events out of Redis, rows in, the provider called, callbacks taken."""
