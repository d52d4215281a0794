"""What every plugin must keep, as tests to inherit: a new plugin gets them for three lines."""

from importlib.metadata import entry_points

from offhook.doors import Plugins
from offhook.testing.formats import FormatContract
from offhook.testing.systems import SystemContract


class PluginContract(SystemContract, FormatContract):
    """
    Inherit this, name the module, and give the options of a connection where it has any.

    The options of a plugin that lists users name a source that is not there. A plugin that renders
    says how its client reads the accounts out of a configuration (`read_accounts`), with that
    client's parser or the nearest to it. ``cannot_carry`` names the samples (keys of
    ``HOSTILE_TEXTS``) that its formats have no way to write; it must then refuse them with
    `InvalidInput`. ``most_accounts`` is how many one client takes; `signing_in` is what a client
    asks with that signs in instead of keeping an address for refreshes.
    """

    def __init_subclass__(cls) -> None:
        # What a plugin does not do is not tested, and not reported as skipped either.
        for part in (SystemContract, FormatContract):
            for name, test in vars(part).items():
                hook = getattr(test, "hook", None)
                if hook and not hasattr(cls.plugin, hook):
                    setattr(cls, name, None)

    def test_the_door_accepts_it(self, plugins: Plugins) -> None:
        assert plugins.broken == {}
        assert plugins.names() == (self.name(),)

    def test_it_is_installed_under_the_name_of_its_folder(self) -> None:
        entries = entry_points(group="offhook", name=self.name())
        assert [entry.value for entry in entries] == [self.plugin.__name__]
