"""The story that `make demo` plays: real clients, a real organisation in a folder that is thrown away, a person on the pages."""
