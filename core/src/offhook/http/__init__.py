"""The shared HTTP client of plugins: JSON over requests, every failure told in a sentence."""

from offhook.http.sessions import HttpAnswer, HttpSession, open_session

__all__ = ["HttpAnswer", "HttpSession", "open_session"]
