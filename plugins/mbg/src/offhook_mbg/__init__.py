"""MiVoice Border Gateway for offhook: authorisation, teleworker credentials, its SIP users."""
