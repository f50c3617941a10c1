"""Where documents come from besides uploads: Notion, web sites, external knowledge. Source: spec knowledge §4.

Everything is fetched through `engine.ports.Http`, which guards what addresses may be reached; nothing here is stored.
"""
