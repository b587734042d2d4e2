"""The foreign project of examples/host, with the plug-in installed from its wheel."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PACKAGED = ("classifier", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "files")
_PATIENCE = 600.0  # seconds for a server to answer, or a training to end


def build_wheel(folder):
    """Build the plug-in's wheel from a copy of the sources; return its path."""
    sources = folder / "sources"
    sources.mkdir()
    for name in _PACKAGED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, ignore=_LEFT_OUT)
        else:
            shutil.copy(ROOT / name, sources)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    run([*command, "--no-build-isolation", "--wheel-dir", str(folder), str(sources)], folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def run(command, cwd, **environment):
    """Run a command with a bare environment; return what it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        command, cwd=cwd, env=kept | environment, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Host:
    """The foreign project in a folder of its own, with a Python that does not see this checkout."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="host-"))
        self.wheel = build_wheel(self.folder)
        self.project = self.folder / "host"
        shutil.copytree(
            ROOT / "examples" / "host", self.project, ignore=shutil.ignore_patterns("files")
        )
        self.python = self._environment()

    def _environment(self):
        """Make an environment with the wheel, which sees the dependencies of this one."""
        place = self.folder / "venv"
        venv.create(place, with_pip=False)
        python = place / "bin" / "python"
        packages = sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)})
        (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        run([*pip, "--no-deps", "--no-index", str(self.wheel)], self.folder)
        return str(python)

    def environment(self):
        """Return the environment of the project's processes."""
        return {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(self.project)}

    def manage(self, *arguments, **environment):
        """Run a management command; return what it printed."""
        command = [self.python, "-m", "django", *arguments]
        return run(command, self.project, **self.environment(), **environment)

    @contextmanager
    def process(self, *arguments):
        """Keep a process running."""
        log = (self.folder / f"{arguments[0]}.log").open("w")
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        started = subprocess.Popen(
            [self.python, "-m", *arguments],
            cwd=self.project,
            env=kept | self.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
            log.close()

    def logs(self):
        """Return the ends of all processes' logs."""
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.folder.glob("*.log")))

    def close(self):
        """Delete everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    """Return a port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(answer, what):
    """Ask until there is an answer; return it."""
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit:
        if found := answer():
            return found
        time.sleep(0.3)
    raise AssertionError(f"{what} did not happen within {_PATIENCE:.0f} seconds.")
