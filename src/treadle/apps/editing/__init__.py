"""Apps under edit: drafts, versions, checks, conversions and debug runs."""
