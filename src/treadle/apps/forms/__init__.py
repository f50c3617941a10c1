"""Forms that runs wait for."""
