"""Why a demonstration ends early."""


class Deviation(Exception):
    """An answer is not what the story says of it; the message shows both."""
