"""Why a demonstration ends early."""


class Deviation(Exception):
    """An answer is not what the story says of it; the message shows both."""


def first(error: BaseException) -> BaseException:
    """What went wrong, out of the groups that task groups wrap it in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
