"""Certificates: asked for, read, put in order, tried as a phone does, installed and watched."""
