"""The only place that touches infrastructure: records, files, secrets, outbound HTTP."""
