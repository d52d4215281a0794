"""The systems that offhook talks to, for demos and tests."""
