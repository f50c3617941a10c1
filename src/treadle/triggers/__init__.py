"""Triggers: what starts a workflow without a caller, by webhook or by schedule."""
