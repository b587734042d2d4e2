"""What has to be installed before drawings can be judged."""

from django.core.management.base import CommandError


def check_renderer() -> None:
    """Fail early and in one line where the judge cannot work.

    Raises:
        CommandError: naming what to install.
    """
    try:
        import cairosvg  # noqa: F401 - loads the system's library
        import scipy.spatial  # noqa: F401
        import svgelements  # noqa: F401
    except (ImportError, OSError) as error:
        raise CommandError(
            f"The judge of drawings is not installed ({error}). It needs what "
            "requirements-dev.txt names, and Cairo (Debian: apt install libcairo2)."
        ) from error
