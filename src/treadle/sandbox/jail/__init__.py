"""The jail: what a process does to itself before it runs somebody else's code.

This package is imported twice: by the server (under `treadle.sandbox.jail`) for its tables and types, and by the
fork server (as the top-level package `jail`), whose interpreter sees the standard library alone. So it imports
nothing but the standard library and itself.
"""
