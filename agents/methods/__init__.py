"""The named methods the tools compute by: pure functions over frozen dataclasses, each with its source and units."""
