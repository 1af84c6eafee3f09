"""The roles as MCP servers: words and manners, no rules."""
