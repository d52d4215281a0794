"""Configurations for Linphone, for offhook."""
