"""Sends what apps did to tracing services: settings per app, a queue in the database, one module per service."""
