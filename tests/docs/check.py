#!/usr/bin/env python3
"""Checks what the documentation says against what is there.

    tests/docs/check.py ROOT [COMMAND_LINE]

In README.md, CHANGELOG.md and docs/ of ROOT:
- relative links lead to a file, and to a heading of it where they name one;
- files and folders named in code exist;
- `Class::Function` and `SuiteTest.Name` in code are found in the sources;
- commands `concordat …` have subcommands and options that COMMAND_LINE's --help knows (left out without it);
- docs/operating.md has a row for each event that the server or the witness logs, and no other;
- each answer of docs/information-governance.md names a mechanism that is there (a file, a method or field of the
  contract, a key of the configuration, or the operator) and a test that is in the file that it names, or why there is
  none.

Prints one line a finding and ends with 1 if there is any.
"""

import functools
import pathlib
import re
import shlex
import subprocess
import sys

# What a build, a run or `concordat onboard` makes, so that it need not be there.
MADE = re.compile(r"(?:build[\w-]*|\.run)(?:/|$)|[\w-]+/for-the-office/")
FILE = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:cc|h|md|proto|py|sh|yaml)")
SUFFIX = re.compile(r"\.(?:cc|cmake|h|json|md|mjs|proto|py|sh|txt|yaml)$")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
SYMBOL = re.compile(r"(?:\w+::)*([A-Z]\w+)::(\w+)(?:\(\))?")
DOMAIN_FUNCTION = re.compile(r"(?:auth|domain|door|ops|services|store|tlog)::([A-Z]\w+)")
TEST = re.compile(r"([A-Z]\w+)\.([A-Z]\w+)")
ANSWERS = "docs/information-governance.md"
MEMBER = re.compile(r"([A-Z]\w+)\.(\w+)")
KEY = re.compile(r"[a-z_]+(?:\[\])?(?:\.[a-z_]+(?:\[\])?)*")
TESTS_IN_FILE = re.compile(r"((?:`\w+\.\w+`(?:,| and)? ?)+)in `([^`]+)`")


class Documents:
    def __init__(self, root, command_line):
        self.root = root
        self.command_line = command_line
        self.findings = []
        self.paths = [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]
        self.sources = {path: path.read_text(encoding="utf-8") for folder in
                        ("auth", "base", "client", "server", "tests", "tlog", "witness")
                        for path in sorted((root / folder).rglob("*")) if path.suffix in (".cc", ".h")}
        self.all_source = "\n".join(self.sources.values())

    def say(self, path, number, what):
        self.findings.append(f"{path.relative_to(self.root)}:{number}: {what}")

    def check(self):
        for path in self.paths:
            prose, fence = [], None
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if line.startswith("```"):
                    fence = line[3:] if fence is None else None
                    line = ""
                elif fence == "sh" or (fence == "console" and line.startswith("$ ")):
                    self.check_command(path, number, line)
                prose.append(line if fence is None else "")
            self.check_prose(path, "\n".join(prose))
        self.check_events()
        self.check_answers()
        return self.findings

    def check_prose(self, path, text):
        """Links and code, which may go on over the end of a line."""
        for match in LINK.finditer(text):
            self.check_link(path, text.count("\n", 0, match.start()) + 1, match.group(1))
        for match in CODE.finditer(text):
            self.check_code(path, text.count("\n", 0, match.start()) + 1, " ".join(match.group(1).split()))

    def check_link(self, path, number, target):
        if re.match(r"\w+:", target):
            return
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists():
            self.say(path, number, f"the link {target} leads nowhere")
        elif anchor and anchor not in anchors_of(goal):
            self.say(path, number, f"the link {target} names no heading")

    def check_code(self, path, number, code):
        if re.match(r"(?:\$ )?concordat ", code):
            self.check_command(path, number, code)
        elif self.names_a_file(code):
            if not (self.root / code).exists():
                self.say(path, number, f"there is no {code}")
        elif match := SYMBOL.fullmatch(code):
            owner, name = match.groups()
            if not any(re.search(rf"\b{owner}\b", text) and re.search(rf"\b{name}\b", text)
                       for text in self.sources.values()):
                self.say(path, number, f"no source has {code}")
        elif match := DOMAIN_FUNCTION.fullmatch(code):
            if not re.search(rf"\b{match.group(1)}\b", self.all_source):
                self.say(path, number, f"no source has {code}")
        elif (match := TEST.fullmatch(code)) and match.group(1).endswith("Test"):
            if not re.search(rf"TEST(?:_[FP])?\({match.group(1)},\s*{match.group(2)}\)", self.all_source):
                self.say(path, number, f"there is no test {code}")

    def names_a_file(self, code):
        """Whether the code is a path of the project, and no resource name, media type or placeholder."""
        if not FILE.fullmatch(code) or MADE.match(code):
            return False
        first = code.split("/")[0]
        return (self.root / first).exists() or code.endswith("/") or ("/" in code and bool(SUFFIX.search(code)))

    def check_command(self, path, number, line):
        # A comment at the end, and the sign of a line that goes on, are no words of the command.
        words = shlex.split(line.removeprefix("$ ").rstrip("\\"), comments=True)
        for word in words:
            if self.names_a_file(word) and not (self.root / word).exists():
                self.say(path, number, f"there is no {word}")
        if not words or words[0] != "concordat" or self.command_line is None:
            return
        commands, options = (), dict(self.help_of(())[1])
        rest = iter(words[1:])
        for word in rest:
            if word.startswith("-") and word != "-":
                name = word.split("=")[0]
                if name not in options:
                    self.say(path, number, f"`{' '.join(('concordat', *commands))}` has no option {name}")
                elif options[name] and "=" not in word:
                    next(rest, None)
            elif word in self.help_of(commands)[0]:
                commands += (word,)
                options.update(self.help_of(commands)[1])
            elif self.help_of(commands)[0]:
                self.say(path, number, f"`{' '.join(('concordat', *commands))}` has no subcommand {word}")
                return
        if self.help_of(commands)[2] and not {"--help", "--version"} & set(words):
            self.say(path, number, f"`{' '.join(('concordat', *commands))}` is no whole command")

    @functools.cache
    def help_of(self, commands):
        """Subcommands, options with whether each takes a value, and whether a subcommand has to follow."""
        text = subprocess.run([self.command_line, *commands, "--help"], check=True, capture_output=True,
                              text=True).stdout
        subcommands = set(re.findall(r"^  ([a-z-]+) ", text.partition("Subcommands:")[2], re.M))
        options = {}
        for names, rest in re.findall(r"^  (-[\w,-]+)(.*)$", text, re.M):
            takes_value = bool(re.match(r" [A-Z]{3,}", rest))
            options.update({name: takes_value for name in names.split(",")})
        return subcommands, options, bool(re.search(r"^Usage: .* SUBCOMMAND$", text, re.M))

    def check_events(self):
        for folder, heading in (("server", "## Log events"), ("witness", "### Log events of the witness")):
            self.check_events_of(folder, heading)

    def check_events_of(self, folder, heading):
        path = self.root / "docs/operating.md"
        table = path.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
        described = set(re.findall(r"^\| `(\w+)` \|", table, re.M))
        code = "\n".join(text for file, text in self.sources.items()
                         if (self.root / folder) in file.parents and not file.name.endswith("_test.cc"))
        logged = set(re.findall(r'\bLog\(\s*(?:concordat::)?ops::Severity::\w+,\s*"(\w+)"', code))
        for event in sorted(logged - described):
            self.say(path, 1, f"the log event {event} is not described")
        for event in sorted(described - logged):
            self.say(path, 1, f"no source logs the event {event}")


    def check_answers(self):
        """Each row of a table: question, answer, mechanism, test."""
        path = self.root / ANSWERS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not line.startswith("|") or cells[0] in ("question", "---"):
                continue
            if len(cells) != 4 or not all(cells):
                self.say(path, number, "not question, answer, mechanism and test")
                continue
            self.check_mechanism(path, number, cells[2])
            self.check_test(path, number, cells[3])

    def check_mechanism(self, path, number, cell):
        names = re.findall(r"`([^`]+)`", cell)
        if not names and cell != "the operator":
            self.say(path, number, f"no mechanism in: {cell}")
        for name in names:
            member = MEMBER.fullmatch(name)
            if (self.root / name).is_file() or (member and self.has_member(*member.groups())):
                continue
            if not KEY.fullmatch(name) or name not in self.keys():
                self.say(path, number, f"there is no mechanism {name}")

    def check_test(self, path, number, cell):
        if cell.startswith("none: ") and "`" not in cell:
            return
        scripts = [name for name in re.findall(r"`([^`]+)`", cell) if name.endswith("/run.sh")]
        for script in scripts:
            if not (self.root / script).is_file():
                self.say(path, number, f"there is no {script}")
        named = TESTS_IN_FILE.findall(cell)
        for tests, file in named:
            text = self.sources.get(self.root / file, "")
            for suite, test in re.findall(r"`(\w+)\.(\w+)`", tests):
                if not re.search(rf"^TEST(?:_[FP])?\({suite},\s*{test}\)", text, re.M):
                    self.say(path, number, f"there is no test {suite}.{test} in {file}")
        spans = cell.count("`") // 2
        if spans == 0 or spans != len(scripts) + sum(tests.count("`") // 2 + 1 for tests, _ in named):
            self.say(path, number, f"not tests with their files, nor why there are none: {cell}")

    def has_member(self, owner, member):
        """Whether the contract has a message or service with that field or method."""
        for text in self.contract():
            start = re.search(rf"^(?:message|service) {owner} {{$", text, re.M)
            if start:
                body = text[start.end():].partition("\n}\n")[0]
                return bool(re.search(rf"^  (?:rpc {member}\(|(?:\w|[.<>, ])+ {member} = \d)", body, re.M))
        return False

    @functools.cache
    def contract(self):
        return [path.read_text(encoding="utf-8") for path in sorted((self.root / "protos").rglob("*.proto"))]

    @functools.cache
    def keys(self):
        """The configuration's keys, as the generated table of docs/operating.md has them."""
        text = (self.root / "docs/operating.md").read_text(encoding="utf-8")
        return set(re.findall(r"^\| `([\w.\[\]]+)` \|", text, re.M))


@functools.cache
def anchors_of(path):
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    command_line = str(pathlib.Path(sys.argv[2]).resolve()) if len(sys.argv) == 3 else None
    findings = Documents(pathlib.Path(sys.argv[1]).resolve(), command_line).check()
    if findings:
        print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
