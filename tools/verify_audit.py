#!/usr/bin/env python3
"""Verifies an exported audit log offline, with nothing but Python's standard library.

  tools/verify_audit.py --key VKEY [--key VKEY]... [--earlier CHECKPOINT]
                        [--hashes-only | --complete] FOLDER

FOLDER is an export in the layout of C2SP tlog-tiles: `checkpoint`, `tile/entries/...` with the
records and `tile/<level>/...` with the hashes. VKEY is the log's public key as it is published,
`name+id+base64`; take it from the log's operator on another road than the folder. Give two while the
log changes its key; keys of witnesses verify their cosignatures. CHECKPOINT is a checkpoint of the
same log that you kept from earlier: the log must have grown from it by appending alone.

Every record is hashed again from its stored bytes, every hash of every tile is computed from the
records, and the root that follows must be the one that the checkpoint signs. Where the log's retention
has archived its first records, the file `minimum_index` says how many: of those whose bundles are not in
the folder, the hashes are taken from the tiles of level 0, which must lead to the same root. Copy the
archived bundles into the folder to verify them too. Where the log was succeeded by another one after
records of it were lost, the file `lost_checkpoint` is the last one that it had signed before, and says how
many. What is archived or lost is said; --complete refuses such a folder. With --hashes-only the folder
has no records at all.

Shares no code with Concordat: it was written from RFC 6962, RFC 8032 and the C2SP specifications, so that
two programs check each other.

Ends with 0 when all is whole, with 1 when something is damaged and names the first bad index (records are
counted from 0), or is not complete and has to be, and with 2 when it was called wrongly, such as with a
file that cannot be read.
"""
import argparse
import base64
import hashlib
import pathlib
import sys

TILE_WIDTH = 256
HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
# The largest note and the most signatures that are read, as whoever writes notes here has to keep to.
MAX_NOTE_BYTES = 512 * 1024
MAX_NOTE_SIGNATURES = 64


class Damage(Exception):
    """What is wrong with the export, in one sentence."""


class Incomplete(Exception):
    """Which records are not in an export that is whole, in one sentence."""


# --- Ed25519 (RFC 8032 section 5.1). Only public values, so the time it takes may tell about them. ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(a, b):
    """The sum of two points in extended coordinates (X, Y, Z, T), with x = X/Z, y = Y/Z, xy = T/Z."""
    e1, e2 = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    e3, e4 = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = e2 - e1, e4 - e3, e4 + e3, e2 + e1
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(point, number):
    product = (0, 1, 1, 0)
    while number:
        if number & 1:
            product = add(product, point)
        point = add(point, point)
        number >>= 1
    return product


def decompress(encoded):
    """The point of its 32 bytes, or None when they are not the encoding of one."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verifies(public_key, message, signature):
    key, r = decompress(public_key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or r is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    left = multiply(BASE, s)
    right = add(r, multiply(key, int.from_bytes(digest, "little") % ORDER))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


# --- Signed notes and checkpoints. ---


def strict_base64(text):
    """The bytes, or None when the text is not the one base64 text of them."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def decimal(text):
    """The number that the text is in its shortest form, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MAX_SIZE)):
        return None
    return int(text) if text == str(int(text)) and int(text) <= MAX_SIZE else None


def is_key_name(name):
    return name != "" and "+" not in name and not any(c.isspace() for c in name)


def parse_key(text):
    """(name, id, type, public key) of a verifier key. ValueError when it is none."""
    parts = text.split("+", 2)
    typed = strict_base64(parts[2]) if len(parts) == 3 else None
    if typed is None or len(typed) != 33 or typed[0] not in (1, 4) or not is_key_name(parts[0]):
        raise ValueError("a verifier key is name+id+base64 of type 1 or 4 and 32 bytes")
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + typed).digest()[:4]
    if key_id.hex() != parts[1]:
        raise ValueError("the verifier key's id is not that of its name and key")
    return parts[0], key_id, typed[0], typed[1:]


def signature_verifies(key, text, signature):
    _, _, kind, public_key = key
    if kind == 1:
        return ed25519_verifies(public_key, text, signature)
    seconds = int.from_bytes(signature[:8], "big")
    message = b"cosignature/v1\ntime %d\n" % seconds + text
    return seconds <= MAX_SIZE and ed25519_verifies(public_key, message, signature[8:])


def open_note(data, keys):
    """The text of a signed note and the names of the keys that signed it."""
    if len(data) > MAX_NOTE_BYTES:
        raise Damage("it is too large")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Damage("it is not UTF-8") from None
    if any(c < " " and c != "\n" for c in whole):
        raise Damage("it has control characters")
    text, blank_line, below = whole.rpartition("\n\n")
    if not blank_line or not below.endswith("\n"):
        raise Damage("it is not a text, a blank line and signatures")
    text = (text + "\n").encode()
    signers = []
    lines = below[:-1].split("\n")
    if len(lines) > MAX_NOTE_SIGNATURES:
        raise Damage("it has too many signatures")
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = strict_base64(encoded)
        if dash != "\u2014" or not is_key_name(name) or signature is None or len(signature) < 5:
            raise Damage("it has a malformed signature")
        for key in keys:
            if (name, signature[:4]) == key[:2]:
                if not signature_verifies(key, text, signature[4:]):
                    raise Damage(f"the signature of {name} does not verify")
                signers.append((name, key[2]))
    return text, signers


def open_checkpoint(data, keys):
    """(origin, size, root) of a checkpoint that one of its log's keys signed."""
    text, signers = open_note(data, keys)
    lines = text.decode().split("\n")[:-1]
    if len(lines) != 3 or not lines[0]:
        raise Damage("it is not origin, size and root")
    origin, size, root = lines[0], decimal(lines[1]), strict_base64(lines[2])
    if size is None:
        raise Damage("its size is not a number in its shortest form")
    if root is None or len(root) != HASH_BYTES:
        raise Damage("its root is not the base64 of 32 bytes")
    if (origin, 1) not in signers:
        raise Damage("no given key of its log signed it")
    return origin, size, root


# --- The tree (RFC 6962 section 2.1). ---


def leaf_hash(record):
    return hashlib.sha256(b"\0" + record).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_hash(hashes):
    """The root over any number of hashes of equally large complete subtrees."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        pairs = [node_hash(*hashes[i:i + 2]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2:]
    return hashes[0]


# --- The export. ---

# A bundle of 256 records of 64 KiB is the largest file there is.
MAX_FILE_BYTES = TILE_WIDTH * (2 + 65535)


def read_file(path):
    """The bytes of a file. OSError for what is none (a pipe would be waited for) or too large."""
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise OSError("it is too large")
    return path.read_bytes()


def tile_path(kind, index, width):
    elements = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        elements.insert(0, f"x{index % 1000:03d}")
    return f"tile/{kind}/{'/'.join(elements)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def records_of(bundle):
    """The records of a bundle, and whether it ended with the last of them."""
    records, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at:at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            return records, False
        records.append(bundle[at + 2:end])
        at = end
    return records, True


def first_difference(hashes, stored):
    """Number of the first hash that `stored` has otherwise or not at all, or None."""
    for number, value in enumerate(hashes):
        if stored[number * HASH_BYTES:(number + 1) * HASH_BYTES] != value:
            return number
    return None


class Export:
    """A folder, and the tree that its records make, in the memory of one tile a level."""

    def __init__(self, folder, minimum_index, hashes_only):
        self.folder = folder
        self.minimum_index = minimum_index
        self.hashes_only = hashes_only
        self.archived = 0  # records whose hashes were taken from the tiles
        self.levels = [[]]  # of each level the hashes of the tile that is being filled
        self.full_tiles = [0]  # how many of each level are behind it
        self.bad_tiles = {}  # of each level the first index under a wrong hash, and what is wrong

    def read(self, kind, index, width):
        """Bytes of a tile or bundle, None if it is missing, and the path. A full one may stand in for
        a partial one."""
        paths = [tile_path(kind, index, width), tile_path(kind, index, TILE_WIDTH)]
        for path in paths:
            try:
                return read_file(self.folder / path), path
            except OSError:
                continue
        return None, paths[0]

    def leaf_hashes(self, index, width):
        """Of the records of one bundle."""
        if self.hashes_only:
            return self.archived_hashes(index, width)
        bundle, path = self.read("entries", index, width)
        start = index * TILE_WIDTH
        if bundle is None and start + TILE_WIDTH <= self.minimum_index:
            return self.archived_hashes(index, width)
        if bundle is None:
            raise Damage(f"first bad index {start}: {path} is missing")
        records, whole = records_of(bundle)
        hashes = [leaf_hash(record) for record in records]
        expected = width if path == tile_path("entries", index, width) else TILE_WIDTH
        if whole and len(hashes) == expected:
            return hashes[:width]
        # A length that was changed shifts all that follows: the tile tells where that began.
        stored, _ = self.read(0, index, width)
        number = first_difference(hashes[:width], stored) if stored else None
        number = min(len(hashes), width - 1) if number is None else number
        raise Damage(f"first bad index {start + number}: {path} does not have {expected} whole records")

    def archived_hashes(self, index, width):
        """Of the records of one bundle that is not in the folder, as their tile has them."""
        stored, path = self.read(0, index, width)
        if stored is None or len(stored) < width * HASH_BYTES:
            what = "missing" if stored is None else "too short"
            raise Damage(f"first bad index {index * TILE_WIDTH}: {path} is {what}")
        self.archived += width
        return [stored[at:at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]

    def compare(self, level, index, hashes):
        """Compares a stored tile with what the records make of it; remembers a level's first wrong one."""
        stored, path = self.read(level, index, len(hashes))
        expected = len(hashes) if path == tile_path(level, index, len(hashes)) else TILE_WIDTH
        number = first_difference(hashes, stored or b"")
        if number is None and len(stored) == expected * HASH_BYTES:
            return
        first = (index * TILE_WIDTH + (number or 0)) * TILE_WIDTH**level
        what = f"{path} is missing" if stored is None else f"a hash in {path} is not that of the records"
        self.bad_tiles.setdefault(level, (first, what))

    def append(self, hashes):
        """Appends leaf hashes, of one bundle or a part of it."""
        for level in range(len(self.levels) + 1):
            if not hashes:
                return
            if level == len(self.levels):
                self.levels.append([])
                self.full_tiles.append(0)
            self.levels[level] += hashes
            hashes = []
            if len(self.levels[level]) == TILE_WIDTH:
                self.compare(level, self.full_tiles[level], self.levels[level])
                hashes = [tree_hash(self.levels[level])]
                self.full_tiles[level] += 1
                self.levels[level] = []

    def compare_partial_tiles(self):
        for level, hashes in enumerate(self.levels):
            if hashes:
                self.compare(level, self.full_tiles[level], hashes)

    def root(self):
        """Of the tree as it is now: what is left on a level stands left of all that the levels below hold."""
        right_edge = []
        for hashes in self.levels:
            right_edge = [tree_hash(hashes + right_edge)] if hashes or right_edge else []
        return tree_hash(right_edge)


def check(export, size, root, earlier):
    """Checks a whole export against its checkpoint and an earlier one, (size, root). Raises Damage."""
    earlier_size, earlier_root = earlier
    if earlier_size > size:
        raise Damage(f"first bad index {size}: the earlier checkpoint has {earlier_size} records")
    root_then = export.root()
    for start in range(0, size, TILE_WIDTH):
        hashes = export.leaf_hashes(start // TILE_WIDTH, min(TILE_WIDTH, size - start))
        before = min(max(earlier_size - start, 0), len(hashes))
        export.append(hashes[:before])
        if before and start + before == earlier_size:
            root_then = export.root()
        export.append(hashes[before:])
    export.compare_partial_tiles()
    bad = min(export.bad_tiles.items(), default=None)
    if export.root() == root:
        if bad:
            raise Damage(f"first bad index {bad[1][0]}: {bad[1][1]}; all records are whole")
    elif bad:
        level, (first, what) = bad
        last = f" to {min(first + TILE_WIDTH**level, size) - 1}" if level else ""
        raise Damage(f"first bad index {first}{last}: {what}")
    else:
        raise Damage("records and tiles agree with each other, but not with the signed root: "
                     "no index can be named")
    if root_then != earlier_root:
        raise Damage(f"first bad index below {earlier_size}: the log did not grow from the earlier "
                     "checkpoint by appending alone")


def read_minimum_index(folder, size):
    """Index of the first record whose bundle has to be there."""
    path = folder / "minimum_index"
    if not path.exists():
        return 0
    try:
        text = read_file(path).decode("latin-1")
    except OSError:
        raise Damage("minimum_index: it cannot be read") from None
    index = decimal(text[:-1]) if text.endswith("\n") else None
    if index is None or index > size or index % TILE_WIDTH:
        raise Damage("minimum_index: it is not a multiple of 256 up to the log's size")
    return index


def read_checkpoint(folder, keys):
    """(origin, size, root) of the export's checkpoint."""
    try:
        return open_checkpoint(read_file(folder / "checkpoint"), keys)
    except (OSError, Damage) as problem:
        raise Damage(f"checkpoint: {problem}") from None


def open_earlier(data, keys, origin):
    """(size, root) of a checkpoint that was kept from earlier."""
    try:
        earlier_origin, *earlier = open_checkpoint(data, keys)
    except Damage as problem:
        raise Damage(f"the earlier checkpoint: {problem}") from None
    if earlier_origin != origin:
        raise Damage("the earlier checkpoint is of another log")
    return earlier


def read_lost(folder, keys, origin, size):
    """How many records were signed after those of the export, and are lost."""
    path = folder / "lost_checkpoint"
    if not path.exists():
        return 0
    try:
        lost_origin, signed_size, _ = open_checkpoint(read_file(path), keys)
    except (OSError, Damage) as problem:
        raise Damage(f"lost_checkpoint: {problem}") from None
    if lost_origin != origin or signed_size <= size:
        raise Damage("lost_checkpoint: it is not a later one of this log")
    return signed_size - size


def archived_text(export):
    part = f"{export.archived} of " if export.archived < export.minimum_index else ""
    return f"{part}the first {export.minimum_index} archived elsewhere"


def lost_text(lost, size):
    return f"{size + lost} were signed: the last {lost} are lost"


def verify(arguments, keys, earlier_note):
    """What is whole, in one line. Raises Damage or Incomplete."""
    origin, size, root = read_checkpoint(arguments.folder, keys)
    earlier = (0, tree_hash([]))
    if earlier_note is not None:
        earlier = open_earlier(earlier_note, keys, origin)
    lost = read_lost(arguments.folder, keys, origin, size)
    minimum_index = read_minimum_index(arguments.folder, size)
    export = Export(arguments.folder, minimum_index, arguments.hashes_only)
    check(export, size, root, earlier)
    missing = [archived_text(export)] if export.archived and not arguments.hashes_only else []
    missing += [lost_text(lost, size)] if lost else []
    if arguments.complete and missing:
        raise Incomplete(", ".join(missing))
    what = "the hashes of " if arguments.hashes_only else ""
    whole = f"whole: {what}{size} records of {origin}, root {base64.b64encode(root).decode()}"
    return ", ".join([whole] + missing)


def main():
    parser = argparse.ArgumentParser(description="Verifies an exported audit log offline.")
    parser.add_argument("--key", action="append", required=True, metavar="VKEY",
                        help="public key of the log or of a witness, name+id+base64; repeatable")
    parser.add_argument("--earlier", type=pathlib.Path, metavar="CHECKPOINT",
                        help="a checkpoint of the same log that you kept from earlier")
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--hashes-only", action="store_true", help="the export has no records")
    extent.add_argument("--complete", action="store_true",
                        help="refuse an export of which records are archived elsewhere or lost")
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="the export")
    arguments = parser.parse_args()
    earlier_note = None
    try:
        keys = [parse_key(text) for text in arguments.key]
        if arguments.earlier:
            earlier_note = read_file(arguments.earlier)
    except ValueError as problem:
        parser.error(str(problem))
    except OSError:
        parser.error(f"cannot read {arguments.earlier}")
    if not arguments.folder.is_dir():
        parser.error(f"{arguments.folder} is no folder")
    try:
        print(verify(arguments, keys, earlier_note))
    except Damage as damage:
        print(f"DAMAGED: {damage}")
        return 1
    except Incomplete as missing:
        print(f"INCOMPLETE: {missing}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
