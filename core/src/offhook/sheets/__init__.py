"""Tables read from and written to files, with no idea of users."""
