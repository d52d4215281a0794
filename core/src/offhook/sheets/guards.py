"""Keep spreadsheet programs from running what a cell says."""

_STARTS = tuple("=+-@\t\r'")


def guard(text: str) -> str:
    """Return *text* with one leading ``'`` where a spreadsheet program might run it."""
    return f"'{text}" if text.startswith(_STARTS) else text


def unguard(text: str) -> str:
    """
    Return *text* without the ``'`` that `guard` puts before ``= + - @``, tab, CR or ``'``.

    Any other text stays as it is: ``'s-Hertogenbosch`` was never guarded.
    """
    return text[1:] if text.startswith("'") and text.startswith(_STARTS, 1) else text
