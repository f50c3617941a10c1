"""Strict local test servers that speak the real protocols of the services Treadle talks to.

Every double listens on a free loopback port, records what it receives, and refuses what the real service would
refuse. A refusal is kept as a violation; leaving the double with violations nobody took raises DoubleViolated.
"""
