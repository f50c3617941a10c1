"""MCP servers as providers of tools: over streamable HTTP, over SSE, and as allowed programs of the operator's."""
