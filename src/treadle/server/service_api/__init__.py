"""The Service API (`/v1`): what programs call with an app key.

Source: spec service-api.
"""
