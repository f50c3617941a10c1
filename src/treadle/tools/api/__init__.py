"""HTTP APIs made into tools by their own descriptions (OpenAPI, Swagger, plugin manifests)."""
