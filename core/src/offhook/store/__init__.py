"""Domain values in and out of the database; the only package that knows SQL."""
