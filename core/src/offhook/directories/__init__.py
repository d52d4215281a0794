"""Reads directories that speak LDAP: the one place that knows how, for every plugin."""

from offhook.directories.diagnosis import diagnose_directory
from offhook.directories.options import DirectoryOptions
from offhook.directories.searching import search
from offhook.directories.values import USUAL_PORTS, Directory, Entry

__all__ = ["USUAL_PORTS", "Directory", "DirectoryOptions", "Entry", "diagnose_directory", "search"]
