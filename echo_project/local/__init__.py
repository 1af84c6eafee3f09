"""The embedded stack: a real PostgreSQL and Valkey from wheels, and the supervisor that keeps Echo running on them."""
