"""What the shows have in common: building and running assetctl, and watching what it takes."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What assetctl exits with; see README.md.
DONE, FAILED, WRONG_USAGE, INPUT_MISSING, PAUSED = 0, 1, 64, 66, 75


class Broken(Exception):
    """A promise was broken."""


def say(text):
    print(text, flush=True)


def require(condition, text):
    if not condition:
        raise Broken(text)


def byte_count(text):
    """Reads sizes such as 20G, 512M or 4096."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    if text and text[-1].upper() in units:
        return int(float(text[:-1]) * units[text[-1].upper()])
    return int(text)


def mib(count):
    return f"{count / (1 << 20):,.1f} MiB"


def assetctl_program(given=None):
    """The program to be shown: the one given, else the one of $ASSETCTL, else a release build."""
    given = given or os.environ.get("ASSETCTL")
    if given:
        return os.path.abspath(given)
    say("shows: building assetctl")
    build = ["swift", "build", "--package-path", ROOT, "-c", "release", "--product", "assetctl"]
    subprocess.run(build, check=True, stdout=sys.stderr)
    where = subprocess.run(build[:-2] + ["--show-bin-path"], check=True, capture_output=True)
    return os.path.join(where.stdout.decode().strip(), "assetctl")


class Watched:
    """A process whose memory and writes are sampled while it runs; it may be killed for them."""

    def __init__(self, process, kills_at=None):
        self.process, self.kills_at = process, kills_at
        self.peak_anonymous = self.peak_resident = self.written = 0
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def sample(self):
        """Looks every few milliseconds, and once more when the process has ended and nobody has
        waited for it."""
        directory = f"/proc/{self.process.pid}"
        try:
            while self.process.returncode is None:
                with open(f"{directory}/status", encoding="utf-8") as status:
                    for line in status:
                        name, _, value = line.partition(":")
                        if name == "RssAnon":
                            here = int(value.split()[0]) << 10
                            self.peak_anonymous = max(self.peak_anonymous, here)
                        elif name == "VmHWM":
                            self.peak_resident = int(value.split()[0]) << 10
                ended = os.waitid(
                    os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                with open(f"{directory}/io", encoding="utf-8") as io:
                    for line in io:
                        if line.startswith("wchar:"):
                            self.written = int(line.split()[1])
                if ended:
                    return
                if self.kills_at is not None and self.written >= self.kills_at:
                    self.process.kill()
                time.sleep(0.002)
        except (FileNotFoundError, ProcessLookupError, ChildProcessError):
            return


class Assetctl:
    """assetctl with one store, in a directory of its own that it has no business to write to."""

    def __init__(self, program, directory, store="store"):
        self.program = program
        self.directory = directory
        self.store = os.path.join(directory, store)
        self.idle = os.path.join(directory, "idle")
        os.makedirs(self.idle, exist_ok=True)

    def command(self, *arguments):
        return [self.program, "--store", self.store, *arguments]

    def run(self, *arguments, status=DONE):
        """Runs a command; what it exits with is to be `status`."""
        done = subprocess.run(self.command(*arguments), capture_output=True, cwd=self.idle)
        if done.returncode != status:
            raise Broken(
                f"assetctl {' '.join(arguments)} exits with {done.returncode} instead of {status}: "
                + (done.stderr + done.stdout).decode(errors="replace").strip()[:2000])
        return done

    def watched(self, *arguments, status=DONE):
        """Runs a command and says what it took: bytes of memory of its own, bytes written."""
        errors = tempfile.TemporaryFile()
        began = time.monotonic()
        process = subprocess.Popen(
            self.command(*arguments), stdout=subprocess.PIPE, stderr=errors, cwd=self.idle)
        watched = Watched(process)
        output = process.stdout.read()
        watched.thread.join()
        process.wait()
        watched.seconds = time.monotonic() - began
        watched.output = output.decode()
        errors.seek(0)
        if process.returncode != status:
            raise Broken(
                f"assetctl {' '.join(arguments)} exits with {process.returncode}: "
                + errors.read().decode(errors="replace").strip()[:2000])
        return watched

    def killed(self, byte_count, *arguments):
        """Runs a command and kills it when it has written so many bytes. Says whether it died of
        that, or was done before."""
        errors = tempfile.TemporaryFile()
        process = subprocess.Popen(
            self.command(*arguments), stdout=subprocess.DEVNULL, stderr=errors, cwd=self.idle)
        watched = Watched(process, kills_at=byte_count)
        watched.thread.join()
        process.wait()
        watched.was_killed = process.returncode == -9
        errors.seek(0)
        require(watched.was_killed or process.returncode == DONE,
                errors.read().decode(errors="replace").strip())
        return watched

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json").stdout)

    def lines(self, *arguments):
        """The lines of JSON that a listing prints."""
        text = self.run(*arguments, "--json").stdout.decode()
        return [json.loads(line) for line in text.splitlines()]

    def verify(self):
        """Every byte and record is right, and every counter."""
        self.run("verify")

    def disk_byte_count(self):
        """What `du` says of the store."""
        done = subprocess.run(["du", "-s", "-B1", self.store], check=True, capture_output=True)
        return int(done.stdout.split()[0])


def sha256(path):
    done = subprocess.run(["sha256sum", path], check=True, capture_output=True)
    return done.stdout.split()[0].decode()


class Place:
    """A directory for everything, which is gone afterwards."""

    def __init__(self, within=None):
        self.path = tempfile.mkdtemp(prefix="assetstore-show-", dir=within)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


def main(show):
    """Runs a show; a promise that was broken is one line, and exit status 1."""
    try:
        show()
    except Broken as broken:
        print(f"BROKEN: {broken}", file=sys.stderr)
        sys.exit(1)
