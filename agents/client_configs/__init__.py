"""The configuration files of MCP clients: where they lie, what an entry of Echo's looks like, and how it gets in."""
