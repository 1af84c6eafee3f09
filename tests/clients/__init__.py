"""MCP clients that share no code with the SDK the servers are built on."""
