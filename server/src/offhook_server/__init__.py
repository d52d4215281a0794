"""The HTTP side of offhook: downloads for clients, pages for administrators."""
