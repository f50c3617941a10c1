"""Runs of apps: started, carried, recorded, told and taken up again."""
