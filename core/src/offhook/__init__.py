"""Deploys softphone clients over the air, for any PBX."""

__version__ = "0.1.0"
