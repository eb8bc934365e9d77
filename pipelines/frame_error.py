"""The one error a frame can raise: a full sentence that names the file and the remedy."""


class FrameError(Exception):
    """A frame, or a request about frames, cannot be processed; the message says what to do."""
