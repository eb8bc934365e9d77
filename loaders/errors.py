"""What a user can mend: errors whose message is a full sentence with its remedy."""


class SkytractError(Exception):
    """Something the user can mend; the command line prints the message without a traceback."""
