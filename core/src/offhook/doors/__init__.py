"""The one door to plugins: find them, set broken ones aside, call their hooks with limits."""

from offhook.doors.calling import Limits
from offhook.doors.loading import PluginDescription
from offhook.doors.plugins import Plugins

__all__ = ["Limits", "PluginDescription", "Plugins"]
