#!/usr/bin/env python3
"""Runs clang-tidy over the project's own .cc files that a build compiles.

    scripts/tidy.py [--jobs N] BUILD_FOLDER [FILE...]

The checks stand in .clang-tidy. A file that passed is remembered in
BUILD_FOLDER/tidy-cache by the content of everything that decides the outcome:
its compile command, the checks, the clang-tidy version, and it and every header
that the build read for it, generated ones too. So a second run takes seconds.
The build must be up to date: the headers are those that Ninja recorded.
clang-tidy is the one that scripts/test.sh installs in build/tidy.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG_TIDY = ROOT / "build" / "tidy" / "venv" / "bin" / "clang-tidy"


def recorded_headers(build):
    """For each object file, by its path from the build folder, what it was compiled from."""
    text = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], check=True,
                          capture_output=True, text=True).stdout
    headers = {}
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if lines and ": #deps" in lines[0]:
            headers[lines[0].split(": #deps")[0]] = [line.strip() for line in lines[1:]]
    return headers


class Cache:
    """Files that passed, by a digest of all that decides the outcome."""

    def __init__(self, build):
        self.build = build
        self.folder = build / "tidy-cache"
        self.folder.mkdir(exist_ok=True)
        self.headers = recorded_headers(build)
        self.contents = {}
        version = subprocess.run([CLANG_TIDY, "--version"], check=True, capture_output=True).stdout
        self.common = version + (ROOT / ".clang-tidy").read_bytes()

    def content(self, path):
        """The digest of one file of the project or the build; None for a system header."""
        path = (self.build / path).resolve()
        if path not in self.contents:
            inside = path.is_relative_to(ROOT) and path.is_file()
            self.contents[path] = hashlib.sha256(path.read_bytes()).hexdigest() if inside else None
        return self.contents[path]

    def entry(self, command):
        """The file that stands for a pass; None when the object was never built."""
        words = shlex.split(command["command"])
        sources = self.headers.get(words[words.index("-o") + 1])
        if sources is None:
            return None
        digest = hashlib.sha256(self.common)
        digest.update(command["command"].encode())
        for source in sorted({command["file"], *sources}):
            content = self.content(source)
            if content is not None:
                digest.update(f"{source} {content}\n".encode())
        return self.folder / digest.hexdigest()


def check(build, command):
    """Runs clang-tidy on one file; returns its findings, empty when it passes."""
    # The compile command is GCC's: clang's own warnings are not our rules.
    result = subprocess.run(
        [CLANG_TIDY, "-p", str(build), "--quiet", "--extra-arg=-Wno-error",
         "--extra-arg=-Wno-unknown-warning-option", command["file"]],
        capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    return result.stdout + (result.stderr if not result.stdout else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="only these")
    arguments = parser.parse_intermixed_args()
    build = arguments.build.resolve()
    only = {path.resolve() for path in arguments.files}
    cache = Cache(build)

    wanted = {}
    for command in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(command["file"]).resolve()
        if not file.is_relative_to(ROOT) or file.is_relative_to(build):
            continue
        if not only or file in only:
            # One file compiled for several targets is checked once.
            wanted.setdefault(file, command)
    entries = {file: cache.entry(command) for file, command in wanted.items()}
    never_built = sorted(str(file) for file, entry in entries.items() if entry is None)
    if never_built:
        print(f"not built, so not checked: {', '.join(never_built)}", file=sys.stderr)
        return 1
    due = [file for file, entry in entries.items() if not entry.exists()]

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for file, findings in zip(due, pool.map(lambda file: check(build, wanted[file]), due)):
            if findings:
                failed += 1
                print(findings, flush=True)
            else:
                entries[file].touch()
    print(f"clang-tidy: {len(wanted)} files, {len(due)} checked now, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
