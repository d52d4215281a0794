"""The steps from a user to a configured client: one step, one module."""
