#!/usr/bin/env python3
"""Verify the record of one incident, as Baton exported it. Needs Python 3.11 or later and nothing else.

    python3 verify.py                      the folder that this file is in
    python3 verify.py INC-7.zip            a bundle, as it came
    python3 verify.py INC-7.zip --key HEX  and only if this key, or one that it introduced, signed it

Read it before you trust it: it is short, and it opens no file but those of the bundle. Do not take it from a bundle
that you doubt; every installation of Baton has the same one.

What is checked, and how (all text in UTF-8, hashes SHA-256 in lower-case hex):

  entries.jsonl   an entry a line. seal = hash("baton-entry-1\\n" + previous seal + "\\n" + canonical). What
                  somebody wrote stands beside it, and in the entry its digest:
                  hash("baton-text-1\\n" + salt + "\\n" + text).
  anchors.jsonl   what Baton had said of this record while it was being written: signed with Ed25519 over
                  "baton-anchor-1\\n" + the anchor's canonical JSON; a path of a Merkle tree (RFC 6962) leads from
                  [trail, name, number of entries, last seal] to the root in the anchor.
  files/          what was attached; the entry that says so has the file's hash.
  manifest.json   the hash of each of these files, signed over "baton-bundle-1\\n" + its canonical JSON.
"""

import argparse
import hashlib
import json
import sys
import zipfile
import zlib
from pathlib import Path

GENESIS = "0" * 64
# How the library says that a ZIP is damaged, or is none that Baton writes.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
EACH = "If Baton runs on several hosts, each has its own: say --key once for each."


class Wrong(Exception):
    """Something is not as it was written. Its words say what."""


# --- Ed25519, RFC 8032, to verify only ------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x % 2 != sign else x


def point(data):
    """A point in extended coordinates (X, Y, Z, T) from its 32 bytes; None if they are none."""
    number = int.from_bytes(data, "little")
    y = number & (2**255 - 1)
    x = recover_x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number, p):
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, p)
        p, number = add(p, p), number >> 1
    return found


BASE_Y = 4 * pow(5, -1, P) % P
BASE = point(BASE_Y.to_bytes(32, "little"))


def is_signed(key, signature, message):
    """Whether ``signature`` (hex) is over ``message`` (bytes) by ``key`` (hex)."""
    try:
        public, signed = bytes.fromhex(key), bytes.fromhex(signature)
    except (ValueError, TypeError):
        return False
    if len(public) != 32 or len(signed) != 64 or (key, signature) != (key.lower(), signature.lower()):
        return False
    a, r, s = point(public), point(signed[:32]), int.from_bytes(signed[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signed[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- small things ---------------------------------------------------------------------------------


def sha(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def canonical(value):
    """JSON in one form only (RFC 8785, for ASCII keys and whole numbers)."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def many(number, one, more):
    return f"{number} {one if number == 1 else more}"


def members(path):
    """The files of a bundle by their names, from a ZIP or an unpacked folder."""
    if path.is_file():
        with zipfile.ZipFile(path) as bundle:
            names = bundle.namelist()
            if len(set(names)) != len(names):
                raise Wrong("The bundle has two files of one name.")
            return {name: bundle.read(name) for name in names if not name.endswith("/")}
    files = (file for file in sorted(path.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def lines(files, name):
    """The JSON of each line; each has to be written in the one canonical way."""
    found = []
    whole = needed(files, name).decode()
    for number, line in enumerate(whole.removesuffix("\n").split("\n") if whole else [], 1):
        value = json.loads(line)
        if canonical(value) != line:
            raise Wrong(f"{name}, line {number}, is not written as Baton writes it.")
        found.append(value)
    return found


def needed(files, name):
    if name not in files:
        raise Wrong(f"{name} is missing.")
    return files[name]


# --- what is checked --------------------------------------------------------------------------------


def check_manifest(files):
    """Each file is there as it was exported, and no other. Returns the manifest."""
    signed = json.loads(needed(files, "manifest.json"))
    manifest = signed["manifest"]
    if not is_signed(manifest["key"], signed["signature"], f"baton-bundle-1\n{canonical(manifest)}".encode()):
        raise Wrong("manifest.json was edited: its signature does not fit.")
    if set(signed) != {"manifest", "signature"} or canonical(signed) + "\n" != needed(files, "manifest.json").decode():
        raise Wrong("manifest.json was edited: it is not written as Baton writes it.")
    for name, digest in manifest["files"]:
        if sha(needed(files, name)) != digest:
            raise Wrong(f"{name} is not as it was exported.")
    more = sorted(set(files) - set(dict(manifest["files"])) - {"manifest.json"})
    if more:
        raise Wrong(f"{more[0]} does not belong to the bundle.")
    return manifest


def check_entries(files, manifest):
    """The chain from its first entry to the last. Returns the entries, each with its ``seal`` and its ``text``."""
    entries, prev = [], GENESIS
    for number, line in enumerate(lines(files, "entries.jsonl"), 1):
        entry = json.loads(line["canonical"])
        if sha(f"baton-entry-1\n{prev}\n{line['canonical']}") != line["hash"]:
            raise Wrong(f"Entry {number} was edited, or does not follow the one before it.")
        if (entry["seq"], entry["prev"], entry["trail"]) != (number, prev, manifest["trail"]):
            raise Wrong(f"Entry {number} is missing, or another stands in its place.")
        prev = line["hash"]
        entries.append(entry | {"seal": prev, "salt": line["salt"], "text": line["text"]})
    if (len(entries), prev) != (manifest["entries"], manifest["head"]):
        raise Wrong(f"The end is missing: {many(manifest['entries'], 'entry was', 'entries were')} exported.")
    return entries


def check_texts(entries):
    """What was written is what was sealed. Returns how many texts there are, and the numbers of those taken away."""
    takers = [entry for entry in entries if entry["kind"] == "text_taken"]
    named = {entry["data"]["taken"]["seq"]: entry["seq"] for entry in takers}
    there, taken = 0, []
    for entry in entries:
        number = entry["seq"]
        if entry["text"] is None:
            if entry["text_digest"] and named.get(number, 0) <= number:
                raise Wrong(f"The text of entry {number} is missing, and no later entry says that it was taken away.")
            if entry["text_digest"]:
                taken.append(number)
        elif number in named:
            raise Wrong(f"Entry {number} has a text, though entry {named[number]} says that it was taken away.")
        elif sha(f"baton-text-1\n{entry['salt']}\n{entry['text']}") != entry["text_digest"]:
            raise Wrong(f"The text of entry {number} was edited.")
        else:
            there += 1
    return there, taken


def check_files(files, entries):
    """What was attached. Returns how many files there are, and how many are not here any more."""
    known = {}
    for entry in entries:
        if entry["kind"] in ("attached", "detached"):
            known[entry["data"]["file"]["id"]] = (entry["kind"], entry["data"]["file"]["sha256"])
    here = {}
    for name in sorted(files):
        if name.startswith("files/"):
            number = int(name.split("/")[1].split("-")[0])
            if number in here:
                raise Wrong(f"Two files have the number {number}.")
            here[number] = name
    for number, name in here.items():
        if number not in known or sha(files[name]) != known[number][1]:
            raise Wrong(f"{name} is not the file that the record names.")
    standing = {number for number, (kind, _digest) in known.items() if kind == "attached"}
    if lacking := sorted(standing - set(here)):
        raise Wrong(f"File {lacking[0]}, which the record names, is missing.")
    return len(here), len(known) - len(standing)


def check_anchors(files, entries, manifest, trusted):
    """What was said of the record while it was written, by keys that are trusted or that one of those introduced.

    Returns what (number of entries, time) the anchors have seen, whose keys signed, and the keys of those set aside.
    """
    signers, aside, seen, anchors = {manifest["key"]}, set(), [], lines(files, "anchors.jsonl")
    for one in anchors:
        anchor = one["anchor"]
        if not is_signed(anchor["key"], one["signature"], f"baton-anchor-1\n{canonical(anchor)}".encode()):
            raise Wrong(f"Anchor {anchor['n']} of {anchor['at']} was edited: its signature does not fit.")
    known = introduced([one["anchor"] for one in anchors], trusted)
    for one in anchors:
        anchor = one["anchor"]
        which = f"Anchor {anchor['n']} of {anchor['at']}"
        if trusted and anchor["key"] not in known:
            aside.add(anchor["key"])
            continue
        signers.add(anchor["key"])
        if one["leaf"] is None:  # it only introduces another key
            continue
        trail, name, length, head = one["leaf"]
        if climbed(one["leaf"], one["proof"]) != anchor["root"]:
            raise Wrong(f"{which} does not speak of this record.")
        if (trail, name) != (manifest["trail"], manifest["subject"]):
            raise Wrong(f"{which} speaks of another record.")
        if length > len(entries) or entries[length - 1]["seal"] != head:
            raise Wrong(f"{which} has seen another record, of {length} entries.")
        seen.append((length, anchor["at"]))
    if trusted and manifest["key"] not in known:
        raise Wrong(f"The bundle is signed by another key: {manifest['key']}. {EACH}")
    if aside and not seen:
        raise Wrong(f"All anchors are signed by another key: {min(aside)}. {EACH}")
    return seen, signers, aside


def introduced(anchors, trusted):
    """The trusted keys and those that they let follow, whatever the order: a clock may have been put back between."""
    known = set(trusted)
    while more := {anchor["next_key"] for anchor in anchors if anchor["key"] in known} - known - {""}:
        known |= more
    return known


def climbed(leaf, proof):
    """The root of the tree that ``leaf`` is in, along the path ``proof``."""
    found = hashlib.sha256(b"\0" + canonical(leaf).encode()).digest()
    for side, other in proof:
        pair = bytes.fromhex(other) + found if side == "left" else found + bytes.fromhex(other)
        found = hashlib.sha256(b"\1" + pair).digest()
    return found.hex()


# --- and said ---------------------------------------------------------------------------------------


def verify(path, trusted=()):
    """What holds of the bundle at ``path``, in sentences. Raises ``Wrong`` with the first thing that does not."""
    try:
        return checked(members(path), trusted)
    except DAMAGED as error:
        raise Wrong(f"The bundle cannot be read: {str(error) or 'it ends too early'}") from error


def checked(files, trusted=()):
    """The same of its files by their names."""
    try:
        return list(told(files, trusted))
    except Wrong:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Wrong(f"A file of the bundle cannot be read: {error!r}") from error


def told(files, trusted):
    manifest = check_manifest(files)
    entries = check_entries(files, manifest)
    texts, taken = check_texts(entries)
    here, away = check_files(files, entries)
    seen, keys, aside = check_anchors(files, entries, manifest, trusted)
    yield f"This is the record of {manifest['subject']}, exported at {manifest['at']}."
    yield f"{many(len(entries), 'entry', 'entries')}: none was edited, removed, added or moved since it was sealed."
    yield f"{many(texts, 'text is', 'texts are')} as sealed."
    if taken:
        yield f"Taken away, as a later entry says with its reason: the text of entry {', '.join(map(str, taken))}."
    if here or away:
        yield f"{many(here, 'file is', 'files are')} as attached; {away} taken away, as the record says."
    if not seen:
        yield "No anchor has seen this record: nothing but the signature of the export says when it was so."
    else:
        (end, by), first = max(seen), min(at for _length, at in seen)
        many_have = f"{many(len(seen), 'anchor has', 'anchors have')} seen it, the first at {first}"
        yield f"{many_have}: entries 1 to {end} were so by {by}."
        if end < len(entries):
            yield f"Entries {end + 1} to {len(entries)} are later; of them the export alone speaks."
    for key in sorted(aside):
        yield f"Anchors of another key were set aside, and prove nothing here: {key}. {EACH}"
    how = "as you asked" if trusted else "ask the installation whether that is theirs, and not by the way this came"
    for key in sorted(keys):
        yield f"Signed by {key} ({how})."


def main():
    parser = argparse.ArgumentParser(description="Verify the record of one incident, as Baton exported it.")
    parser.add_argument("bundle", nargs="?", default=Path(__file__).resolve().parent, type=Path)
    parser.add_argument("--key", action="append", default=[], help="trust only this key, and those that it introduced")
    asked = parser.parse_args()
    try:
        for sentence in verify(asked.bundle, [key.lower() for key in asked.key]):
            print(sentence)
        print("All of this holds.")
    except (Wrong, OSError) as wrong:
        print(f"NOT AS IT WAS WRITTEN: {wrong}")
        sys.exit(1)


if __name__ == "__main__":
    main()
