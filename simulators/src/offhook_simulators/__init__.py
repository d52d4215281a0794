"""The systems that offhook talks to, for demos and tests; the product never imports it."""
