"""Hiding packages that happen to be installed: what is left is what somebody asked for."""


def hide_all_but(names):
    """Let nothing be imported but the standard library, these distributions, and their own needs.

    Modules that no distribution lists, such as a checkout's, stay. For a process of its own: its
    source is sent to interpreters that see none of these tests.
    """
    import re
    import sys
    from importlib import metadata

    def plain(name):
        return re.sub("[-_.]+", "-", re.match("[A-Za-z0-9][A-Za-z0-9._-]*", name)[0]).lower()

    waiting, seen = [plain(name) for name in names], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            needs = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            continue  # for another system
        waiting += [plain(need) for need in needs if "extra ==" not in need]
    for module, sources in metadata.packages_distributions().items():
        if not seen & {plain(source) for source in sources}:
            sys.modules[module] = None
