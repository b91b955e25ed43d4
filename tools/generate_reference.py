#!/usr/bin/env python3
"""Writes the parts of the documentation that are made from the sources.

    tools/generate_reference.py            writes them
    tools/generate_reference.py --check    writes nothing; shows what differs and ends with 1

docs/reference.md is made as a whole. In README.md, docs/integrating.md and docs/operating.md it is what stands between

    <!-- begin generated: NAME -->
    <!-- end generated -->

Everything is read as text from the contract, the configuration and the command line's sources, so that it needs no
build. What cannot be read, or contradicts itself between two sources, is an error.
"""

import argparse
import dataclasses
import difflib
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "protos/concordat/v1"
SERVICES = ["plan", "measure", "release", "agreement", "directory", "audit"]


class Problem(Exception):
    """A source that says something that cannot be read or cannot be true."""


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


# --- Protos as text -------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*|-?\d[\w.]*|[{}()\[\];=:,<>]')


@dataclasses.dataclass
class Token:
    text: str
    comment: str  # the lines of // that end right above it


@dataclasses.dataclass
class Item:
    """A service, method, message, field, enum or enum value."""
    kind: str
    name: str
    comment: str
    type: str = ""
    streams: bool = False
    takes_stream: bool = False
    request: str = ""
    options: list = dataclasses.field(default_factory=list)
    items: list = dataclasses.field(default_factory=list)

    def of(self, kind):
        return [item for item in self.items if item.kind == kind]

    def the(self, name):
        for item in self.items:
            if item.name == name:
                return item
        raise Problem(f"{self.name} has no {name}")


def tokens_of(path):
    tokens, comment = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("//"):
            comment.append(stripped[2:].removeprefix(" "))
            continue
        if not stripped:
            comment = []
            continue
        rest = TOKEN.sub("", line).strip()
        if rest:
            raise Problem(f"{path.relative_to(ROOT)}:{number}: cannot read {rest!r}")
        for text in TOKEN.findall(line):
            tokens.append(Token(text, "\n".join(comment)))
            comment = []
    return tokens


class ProtoReader:
    """Reads the parts of one .proto file that the documentation shows, and passes over the rest."""

    def __init__(self, path):
        self.path = path
        self.tokens = tokens_of(path)
        self.next = 0

    def read(self):
        file = Item("file", self.path.name, "")
        while self.next < len(self.tokens):
            self.statement(file)
        return file

    def peek(self):
        return self.tokens[self.next].text

    def take(self, expected=None):
        if self.next == len(self.tokens):
            raise Problem(f"{self.path.relative_to(ROOT)} ends too early")
        token = self.tokens[self.next]
        self.next += 1
        if expected is not None and token.text != expected:
            raise Problem(f"{self.path.relative_to(ROOT)}: {expected!r} expected, not {token.text!r}")
        return token

    def until(self, ends):
        """The texts up to the end of the statement, whose last token is one of `ends`; braces are balanced."""
        texts, depth = [], 0
        while depth > 0 or self.peek() not in ends:
            text = self.take().text
            depth += (text in "{[") - (text in "}]")
            texts.append(text)
        self.take()
        return texts

    def block(self, item):
        self.take("{")
        while self.peek() != "}":
            self.statement(item)
        self.take("}")

    def statement(self, parent):
        token = self.take()
        if token.text in ("message", "enum", "service", "oneof"):
            item = Item(token.text, self.take().text, token.comment)
            self.block(parent if token.text == "oneof" else item)
            parent.items.append(item)
        elif token.text == "rpc":
            parent.items.append(self.method(token.comment))
        elif token.text == "option":
            parent.options.append(self.until(";"))
        elif token.text == "extend":
            self.until("{")
            while self.peek() != "}":
                self.until(";")
            self.take("}")
        elif parent.kind == "enum":
            self.until(";")
            parent.items.append(Item("value", token.text, token.comment))
        elif parent.kind == "file":
            self.until(";")
        else:
            texts = [token.text, *self.until(";")]
            equals = texts.index("=")
            parent.items.append(Item("field", texts[equals - 1], token.comment, type=" ".join(texts[: equals - 1])))

    def method(self, comment):
        item = Item("rpc", self.take().text, comment)
        self.take("(")
        item.takes_stream = self.peek() == "stream"
        if item.takes_stream:
            self.take()
        item.request = self.take().text
        self.take(")")
        self.take("returns")
        self.take("(")
        item.streams = self.peek() == "stream"
        if item.streams:
            self.take()
        item.type = self.take().text
        self.take(")")
        self.block(item)
        return item


def read_proto(path):
    return ProtoReader(ROOT / path).read()


def access_of(method):
    """The access rule as a dictionary: basis, data_set, permission, roles."""
    for option in method.options:
        if option[:3] == ["(", "access", ")"]:
            texts = [text for text in option[5:-1] if text not in (":", ",", "[", "]")]
            rule = {"roles": []}
            key = None
            for text in texts:
                if text in ("basis", "data_set", "permission", "roles"):
                    key = text
                elif key == "roles":
                    rule["roles"].append(text)
                else:
                    rule[key] = text
            return rule
    raise Problem(f"{method.name} has no access rule")


# --- Words ----------------------------------------------------------------------------------------------------------


def one_line(text):
    return " ".join(text.split())


def sentences(text):
    return [s for s in re.split(r"(?<=[.!?]) (?=[A-Z`0-9])", one_line(text)) if s]


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "| " + " | ".join("---" for _ in headings) + " |"]
    for row in rows:
        if len(row) != len(headings):
            raise Problem(f"a row of {len(row)} cells under {len(headings)} headings: {row}")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


def snake(camel):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", camel).upper()


def function_body(text, start):
    """The text of a function from the first brace after `start` to the brace that closes a line by itself."""
    begin = text.index(start)
    return text[text.index("{", begin): text.index("\n}", begin)]


def cases(body):
    """The labels of a switch with the expression that each returns."""
    found, labels = {}, []
    pattern = re.compile(r"case (?:[\w]+::)*(\w+):|return ((?:\"(?:[^\"\\]|\\.)*\"\s*)+|[\w:]+);|default:")
    for match in pattern.finditer(body):
        if match.group(1):
            labels.append(match.group(1))
        elif match.group(2):
            value = match.group(2)
            if value.startswith('"'):
                value = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', value)).replace('\\"', '"')
            found.update({label: value for label in labels})
            labels = []
    return found


# --- The parts ------------------------------------------------------------------------------------------------------


def methods():
    parts = []
    for stem in SERVICES:
        path = f"protos/concordat/v1/{stem}_service.proto"
        for service in read_proto(path).of("service"):
            rows = []
            for method in service.of("rpc"):
                rule = access_of(method)
                roles = {"ROLE": ", ".join(rule["roles"]), "AGREEMENT": "those that the agreement names",
                         "SELF": "any known client"}[rule["basis"]]
                request = f"`{method.request}`" + (", a stream" if method.takes_stream else "")
                rows.append([f"`{method.name}`", request, f"`{method.type}`",
                             "stream" if method.streams else "one", rule["basis"], rule["data_set"],
                             rule["permission"], roles, one_line(method.comment)])
            head = textwrap.fill(one_line(service.comment.split("\n\n")[0]), 118)
            calls = f"Path: `/concordat.v1.{service.name}/METHOD`, from `{path}`."
            parts.append(f"### {service.name}\n\n{head}\n\n{calls}\n\n" +
                         table(["method", "request", "answer", "answers", "basis", "data set", "permission", "roles",
                                "what it does"], rows))
    return "\n\n".join(parts)


def bases():
    rule = read_proto("protos/concordat/v1/access.proto").the("AccessRule")
    return table(["basis", "a call is allowed by"],
                 [[f"`{v.name}`", one_line(v.comment)] for v in rule.the("Basis").items if "UNSPEC" not in v.name])


def roles():
    enum = read_proto("protos/concordat/v1/access.proto").the("Role")
    return table(["role", "what it may do"],
                 [[f"`{v.name}`", one_line(v.comment)] for v in enum.items if "UNSPECIFIED" not in v.name])


# What to do where the contract does not say, and the command line's words only make sense there.
ADVICE_IN_GENERAL = {
    "INTERNAL_ERROR": "Tell the operator, and quote the receipt.",
    "METADATA_INVALID": "Mend the key that `ErrorInfo.metadata` names.",
    "REQUEST_MALFORMED": "Client and server have different versions of the contract: update the older one.",
}

# What a sentence that says what to do begins with.
ADVICE = re.compile(r"(?:Ask|Check|Import|Mend|Read|Renew|Send|Split|Start|Tell|Try|Use)\b")


def reasons_by_name():
    """Every reason with its code, meaning, advice and metadata keys."""
    codes = cases(function_body(read("base/status.cc"), "absl::StatusCode CodeOf("))
    steps = cases(function_body(read("client/cli/error_text.cc"), "absl::string_view NextStep(v1::ErrorReason"))
    found = {}
    for value in read_proto("protos/concordat/v1/error_reason.proto").the("ErrorReason").items:
        if value.name == "ERROR_REASON_UNSPECIFIED":
            continue
        text, _, example = value.comment.partition("Example:")
        code, _, rest = one_line(text).partition(". ")
        sent = snake(codes.get(value.name, "absl::StatusCode::kInternal").rsplit("::k", 1)[1])
        if code != sent:
            raise Problem(f"{value.name}: the contract says {code}, base/status.cc sends {sent}")
        meaning, advice = [], []
        for sentence in sentences(rest):
            (advice if advice or ADVICE.match(sentence) else meaning).append(sentence)
        if not advice and value.name in ADVICE_IN_GENERAL:
            advice = [ADVICE_IN_GENERAL[value.name]]
        if not advice:
            if value.name not in steps:
                raise Problem(f"{value.name}: neither the contract nor the command line says what to do")
            advice = [steps[value.name][0].upper() + steps[value.name][1:] + "."]
        metadata = re.search(r'"metadata": \{(.*)\}', one_line(example))
        keys = re.findall(r'"(\w+)":', metadata.group(1)) if metadata else []
        found[value.name] = (code, " ".join(meaning), " ".join(advice), keys)
    return found


def reasons():
    return table(["reason", "code", "meaning", "what to do", "metadata"],
                 [[f"`{name}`", code, meaning, advice, ", ".join(f"`{k}`" for k in keys)]
                  for name, (code, meaning, advice, keys) in reasons_by_name().items()])


# Form and meaning of what the server sends.
SERVER_KEYS = {
    "concordat-receipt-bin": ("A serialised `concordat.v1.Receipt`.", "Names the call's record in the audit log."),
    "concordat-quota": ("`REQUESTS_PER_MINUTE limit=60 remaining=59 reset=42`", "How a quota stands; reset is in seconds, "
                        "and left out where it depends on what is open."),
}


def metadata():
    header = read("server/door/metadata.h")
    called = read("client/include/concordat/options.h")
    known = dict(re.findall(r'inline constexpr char k(\w+)Key\[\] = "([\w-]+)";', header))
    sender = {}
    for comment, block in re.findall(r"// (Sent [^\n]*)\n((?:inline constexpr char [^\n]*\n)+)", header):
        for key in re.findall(r'"([\w-]+)"', block):
            sender[key] = comment

    def comment_of(text, field):
        match = re.search(r"((?:^  //[^\n]*\n)+)^  std::string " + field + r"\b", text, re.M)
        if match is None:
            raise Problem(f"{field} has no comment")
        return one_line(re.sub(r"^\s*//", "", match.group(1), flags=re.M))

    own = header[header.index("struct CallMetadata"):]
    rows = []
    for key in known.values():
        if key not in sender:
            raise Problem(f"{key}: metadata.h does not say who sends it")
        if sender[key] == "Sent by the caller.":
            field = key.removeprefix("concordat-").replace("-", "_")
            form, meaning = ((comment_of(called, field), "The trace's identifier stands in the call's record. "
                              "A value that is none is left out.") if field == "traceparent" else
                             (comment_of(own, field), comment_of(called, field)))
            rows.append([f"`{key}`", "caller", form, meaning])
        elif sender[key].startswith("Sent by a caller with a token: "):
            form = sender[key].partition(": ")[2]
            rows.append([f"`{key}`", "caller", form, "Proves the client a second time, beside its certificate."])
        else:
            form, meaning = SERVER_KEYS[key]
            rows.append([f"`{key}`", "server, trailing", form, f"{meaning} {sender[key].partition(':')[0]}."])
    return table(["key", "sent by", "form", "meaning"], rows)


def exit_codes():
    source = read("client/cli/exit_codes.cc")
    by_reason = cases(source[source.index("switch (ReasonOf"): source.index("switch (status.code())")])
    by_code = {snake(label[1:]): value for label, value in
               cases(source[source.index("switch (status.code())"):]).items()}
    codes = re.findall(r"((?:  //[^\n]*\n)*)  k(\w+) = (\d+),", read("client/cli/exit_codes.h"))
    reasons_of = {}
    for name, (code, *_) in reasons_by_name().items():
        exit_code = by_reason.get(name, by_code.get(code, "ExitCode::kOther")).rsplit("::k", 1)[1]
        reasons_of.setdefault(exit_code, []).append(f"`{name}`")
    rows = []
    for comment, name, number in codes:
        meaning = one_line(comment.replace("//", "")) or "All went well."
        rows.append([number, snake(name).replace("_", " ").lower(), meaning, ", ".join(reasons_of.pop(name, []))])
    if reasons_of:
        raise Problem(f"exit_codes.h lacks {', '.join(reasons_of)}")
    return table(["exit code", "name", "meaning", "reasons"], rows)


def default_of(comment):
    """The last sentence of a comment when it is a default, and the comment without it."""
    parts = sentences(comment)
    condition = re.match(r"Required (with `\w+`)", parts[-1])
    if condition:
        return f"required {condition[1]}", " ".join(parts[:-1])
    if parts[-1].startswith("Required"):
        rest = parts[-1].partition("; ")[2]
        return "required", " ".join(parts[:-1] + ([rest[0].upper() + rest[1:]] if rest else []))
    if parts[-1] == "Empty for none.":
        return "none", " ".join(parts[:-1])
    if re.fullmatch(r"[\d,]+\.|False\.", parts[-1]):
        return parts[-1][:-1].lower(), " ".join(parts[:-1])
    return "", " ".join(parts)


def setting_rows(message, prefix=""):
    for field in message.of("field"):
        name = prefix + field.name
        repeated = field.type.startswith("repeated ")
        inner = [m for m in message.of("message") if m.name == field.type.removeprefix("repeated ")]
        if inner:
            yield from setting_rows(inner[0], name + ("[]." if repeated else "."))
        else:
            default, meaning = default_of(field.comment)
            values = [v.name for e in message.of("enum") if e.name == field.type for v in e.of("value")]
            kind = {"string": "text", "repeated string": "texts", "int32": "number", "bool": "true or false"}.get(field.type) or " or ".join(f"`{v}`" for v in values)
            yield [name, kind, default or (f"`{values[0]}`" if values else ""), meaning]


def configuration():
    rows = list(setting_rows(read_proto("server/config.proto").the("ServerConfig")))
    source = read("server/config.cc")
    filled = {f"limits.{key}": value for key, value in
              re.findall(r"Default\(limits\.(\w+)\(\), ([\d <]+),", source)}
    filled.update(re.findall(r"if \(config\.(\w+)\(\) == 0\) config\.set_\w+\((\d+)\);", source))
    filled.update((f"{outer}.{key}", value) for outer, key, value in
                  re.findall(r"if \(config\.(\w+)\(\)\.(\w+)\(\) == 0\) (?:\{\s+)?config\.mutable_\w+\(\)->set_\w+\((\d+)\);",
                             source))
    for name, kind, default, _ in rows:
        if kind != "number":
            continue
        base, _, shift = filled.get(name, "").partition("<<")
        # A number that is not set is 0.
        value = int(base) << int(shift or 0) if base else 0
        if default.replace(",", "") != str(value):
            raise Problem(f"{name}: config.proto says {default}, config.cc fills in {value}")
    return table(["key", "is", "default", "meaning"],
                 [[f"`{name}`", kind, default or "none", meaning] for name, kind, default, meaning in rows])


def witness():
    rows = setting_rows(read_proto("witness/config.proto").the("WitnessConfig"))
    return table(["key", "is", "default", "meaning"],
                 [[f"`{name}`", kind, default or "none", meaning] for name, kind, default, meaning in rows])


def profile():
    message = read_proto("client/cli/profile.proto").the("Profile")
    return table(["key", "meaning"], [[f"`{f.name}`", one_line(f.comment)] for f in message.of("field")])


def quickstart():
    return "```cpp\n" + read("client/quickstart/main.cc") + "```"


def prove_call():
    return "```cpp\n" + read("client/quickstart/prove_call.cc") + "```"


def reference():
    return f"""# Reference

Made by `tools/generate_reference.py` from the sources that each part names. Change those, then run it again;
`tests/docs/run.sh` fails when the two differ.

- [Methods](#methods)
- [Error reasons](#error-reasons)
- [Metadata keys](#metadata-keys)
- [Exit codes of the command line](#exit-codes-of-the-command-line)
- [Configuration of the server](#configuration-of-the-server)
- [Profiles of the command line](#profiles-of-the-command-line)

## Methods

The access rule stands on each method in the contract, and is recorded with each call. A server with a method that has
none does not start. The rule's basis is the ground of a decision:

{bases()}

{roles()}

{methods()}

## Error reasons

Every error carries one `google.rpc.ErrorInfo` with the domain `concordat` and one of these reasons
(`protos/concordat/v1/error_reason.proto`). The last column names the keys of its metadata. Where the contract names no
step to take, the command line's is given.

{reasons()}

## Metadata keys

From `server/door/metadata.h`. A key that starts with `concordat-` and is not in this table is refused.

{metadata()}

## Exit codes of the command line

From `client/cli/exit_codes.h`. They are added to, never changed.

{exit_codes()}

## Configuration of the server

One YAML file (`server/config.proto`). Unknown keys are errors. Relative paths start at the file.

{configuration()}

## Profiles of the command line

`NAME.yaml` in `$CONCORDAT_CONFIG_DIR`, else in `~/.config/concordat` (`client/cli/profile.proto`).

{profile()}
"""


BLOCKS = {"configuration": configuration, "metadata": metadata, "profile": profile, "prove_call": prove_call,
          "quickstart": quickstart, "witness": witness}
BLOCK = re.compile(r"(<!-- begin generated: (\w+) -->\n).*?(<!-- end generated -->)", re.S)


def with_blocks(path):
    text = read(path)
    names = [name for _, name, _ in BLOCK.findall(text)]
    if not names:
        raise Problem(f"{path} has no generated part")
    for name in names:
        if name not in BLOCKS:
            raise Problem(f"{path}: there is no part {name}")
    return BLOCK.sub(lambda match: match.group(1) + BLOCKS[match.group(2)]() + "\n" + match.group(3), text)


def outputs():
    made = {path: with_blocks(path) for path in ("README.md", "docs/integrating.md", "docs/operating.md")}
    made["docs/reference.md"] = reference()
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when something differs")
    check = parser.parse_args().check
    differs = False
    for path, text in outputs().items():
        before = read(path) if (ROOT / path).exists() else ""
        if before == text:
            continue
        differs = True
        if check:
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), text.splitlines(True), path,
                                                       path + " (generated)", n=1))
        else:
            (ROOT / path).write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return 1 if check and differs else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit(f"generate_reference.py: {problem}")
