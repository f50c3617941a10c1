"""People, workspaces, roles, sessions, API keys and end users."""
