"""The API of published pages (`/api`): what a visitor's browser calls.

Source: spec service-api, annex.
"""
