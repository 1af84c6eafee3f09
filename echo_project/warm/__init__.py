"""A server that starts in a tenth of a second: a process that has everything imported forks one for each client."""
