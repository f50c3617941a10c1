"""Treadle: build, run, publish, watch and improve LLM applications in one process."""

__version__ = "0.1.0"
