"""Sends the deployment mails of offhook through an SMTP server."""
