"""The graph interpreter: pure asyncio, no database, HTTP server, framework or global."""
