"""The console API (`/console/api`): what signed-in members of a workspace call."""
