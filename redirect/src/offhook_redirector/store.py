"""What the redirect service keeps: servers that may use it, their routes, nonces. Nobody's name."""
