"""Our adapters beside the vendors' own SDKs: the schemas that the SDKs publish, and the requests that both send."""
