"""The story that `make demo` plays: real clients, a real organisation in a throw-away folder, a person on the pages."""
