"""The redirect service: helps clients find their server, and tries it from outside."""
