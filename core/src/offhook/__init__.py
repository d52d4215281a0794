"""Deploys softphone clients over the air, for any PBX."""
