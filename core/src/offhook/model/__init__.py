"""The words of offhook: frozen values without behaviour of their own; they know no database."""
