"""Makes the demo catalogue's pictures and metadata out of two unpacked Debian packages.

Usage: make_demo.py UNPACKED OUTPUT [FURNITURE STAMPS]

FURNITURE and STAMPS are the numbers of pictures that must come out, where the packages' versions are known.
UNPACKED is a folder in which `dpkg-deb -x` unpacked sweethome3d-furniture and tuxpaint-stamps-default. OUTPUT gets
furniture/, stamps/, metadata.jsonl (a line an image: its path relative to OUTPUT and its metadata) and
ATTRIBUTION.txt. Standard library only.
"""

import json
import pathlib
import re
import shutil
import sys
import zipfile

FURNITURE = "usr/share/sweethome3d/furniture"
STAMPS = "usr/share/tuxpaint/stamps"

# The licence of each catalogue, from the package's copyright file.
FURNITURE_LICENCES = {
    "BlendSwap-CC-0": "CC0-1.0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0-US",
    "Reallusion": "CC-BY-3.0-US",
    "Scopia": "CC-BY-3.0",
}
FURNITURE_SOURCES = {
    "BlendSwap-CC-0": "Blend Swap",
    "BlendSwap-CC-BY": "Blend Swap",
    "KatorLegaz": "Kator Legaz",
    "Reallusion": "Reallusion",
    "Scopia": "Scopia",
}

# Folders that tell how a stamp is drawn, not what it shows.
STAMP_STYLES = {"cartoon", "toys", "plastic"}
# Folder names that read badly as they are.
STAMP_TOPICS = {
    "arttools": "Art tools",
    "auto": "Cars",
    "masstransit": "Mass transit",
    "naturalforces": "Natural forces",
    "newyears": "New Year",
    "race": "Racing",
    "roadsigns": "Road signs",
}
# Letters, notes and signs: glyphs in black, no pictures of a thing.
STAMP_LEFT_OUT = ("symbols/alphabets/", "symbols/math/", "symbols/music/", "symbols/money/00_symbols/")


def main(unpacked, output, expected=()):
    """`expected`: how many pictures of furniture and how many stamps the packages are known to hold, if they are."""
    entries = list(furniture(unpacked / FURNITURE, output)) + list(stamps(unpacked / STAMPS, output))
    with open(output / "metadata.jsonl", "w", encoding="utf-8") as file:
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    (output / "ATTRIBUTION.txt").write_text(attribution(entries), encoding="utf-8")
    check(entries, output, expected)


def check(entries, output, expected):
    """Ends the program unless every entry has a file of its own, and the numbers are those expected."""
    counts = {name: sum(e["path"].startswith(f"{name}/") for e in entries) for name in ("furniture", "stamps")}
    print(f"    {counts['furniture']} pictures of furniture, {counts['stamps']} stamps")
    for name, known in zip(counts, expected):
        if counts[name] != known:
            sys.exit(f"error: expected {known} pictures of {name} in this version of the package, not {counts[name]}")
    for name, count in counts.items():
        files = sum(path.is_file() for path in (output / name).rglob("*"))
        if files == 0:
            sys.exit(f"error: the package of {name} holds no pictures where they were expected")
        if files != count:
            sys.exit(f"error: {count} pictures of {name} are listed but {files} were written: two have one name")


def furniture(folder, output):
    """Copies each model's render out of the .sh3f archives (zip files) and yields its entry."""
    for path in sorted(folder.glob("*.sh3f")):
        catalogue = path.stem
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            properties = read_properties(archive.read("PluginFurnitureCatalog.properties"))
            for number in numbers(properties, "icon"):
                member = properties[f"icon#{number}"].lstrip("/")
                if member not in members:
                    continue
                relative = pathlib.PurePosixPath("furniture", catalogue.lower(), pathlib.PurePosixPath(member).name)
                target = output / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))
                yield {"path": str(relative), "metadata": furniture_metadata(properties, number, catalogue)}


def furniture_metadata(properties, number, catalogue):
    source = FURNITURE_SOURCES.get(catalogue, catalogue)
    creator = properties.get(f"creator#{number}", "").strip() or source
    by = creator if creator == source else f"{creator} ({source})"
    metadata = {
        "name": properties[f"name#{number}"].strip(),
        "category": properties.get(f"category#{number}", "").strip() or "Miscellaneous",
        "collection": "Sweet Home 3D furniture",
        "attribution": f"{by}, Sweet Home 3D",
        "licence": FURNITURE_LICENCES.get(catalogue, properties.get("license", "see the package")),
        "source": "Debian package sweethome3d-furniture",
    }
    tags = [tag.strip() for tag in properties.get(f"tags#{number}", "").split(",") if tag.strip()]
    return metadata | ({"tags": tags} if tags else {})


def stamps(folder, output):
    """Copies the PNG stamps (SVG ones are left out, and mirrored copies) and yields their entries."""
    for path in sorted(folder.rglob("*.png")):
        relative = path.relative_to(folder)
        text = path.with_suffix(".txt")
        if relative.as_posix().startswith(STAMP_LEFT_OUT) or path.stem.endswith("_mirror") or not text.exists():
            continue
        target = pathlib.PurePosixPath("stamps", relative.as_posix())
        (output / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, output / target)
        yield {"path": str(target), "metadata": stamp_metadata(relative, text)}


def stamp_metadata(relative, text):
    lines = text.read_text(encoding="utf-8", errors="replace").splitlines()
    description = lines[0].strip() if lines else ""
    topics = [part for part in relative.parent.parts if part not in STAMP_STYLES]
    style = [part for part in relative.parent.parts if part in STAMP_STYLES]
    metadata = {
        "name": short_name(description) or relative.stem.replace("_", " ").replace("-", " ").capitalize(),
        "category": topic_name(topics[min(1, len(topics) - 1)]),
        "topic": topic_name(topics[0]),
        "collection": "Tux Paint stamps",
        "attribution": "Bill Kendrick and the Tux Paint contributors",
        "licence": "GPL-2.0-or-later",
        "source": "Debian package tuxpaint-stamps-default",
    }
    if description:
        metadata["description"] = description
    if style:
        metadata["style"] = style[-1]
    return metadata


def topic_name(folder):
    return STAMP_TOPICS.get(folder, folder.replace("_", " ").capitalize())


def short_name(description):
    """The first sentence without its article: "An Adelaide Rosella." gives "Adelaide Rosella"."""
    sentence = re.split(r"(?<=[^A-Z.])[.!?](?:\s|$)", description, maxsplit=1)[0].strip(" .!“”\"")
    if len(sentence) > 40:
        sentence = sentence.split(", ")[0]
    name = re.sub(r"^(?:an?|the|some)\s+", "", sentence, flags=re.IGNORECASE)
    return name[:1].upper() + name[1:]


def numbers(properties, key):
    """The item numbers that have this key, ascending."""
    return sorted(int(name.split("#")[1]) for name in properties if re.fullmatch(rf"{key}#\d+", name))


def read_properties(data):
    """Java properties: Latin-1, comments, continued lines, and escapes such as \\u00e9."""
    text = re.sub(r"\\\r?\n[ \t]*", "", data.decode("latin-1"))
    properties = {}
    for line in text.splitlines():
        line = line.lstrip(" \t\f")
        match = re.match(r"((?:\\.|[^\\:= \t\f])+)[ \t\f]*[:=]?[ \t\f]*(.*)", line)
        if line and line[0] not in "#!" and match:
            properties[unescape(match[1])] = unescape(match[2])
    return properties


def unescape(text):
    def replace(match):
        if match[1]:
            return chr(int(match[1], 16))
        return {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(match[2], match[2])

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", replace, text)


def attribution(entries):
    """Who made the pictures and under which licence, for people."""
    lines = ["The demo pictures come from Debian packages; nothing of them is part of Semblance.", ""]
    groups = {}
    for entry in entries:
        metadata = entry["metadata"]
        key = (metadata["source"], metadata["licence"])
        groups.setdefault(key, set()).add(metadata["attribution"])
    for (source, licence), names in sorted(groups.items()):
        lines += [f"{source}, {licence}:"] + [f"  {name}" for name in sorted(names)] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit("usage: make_demo.py UNPACKED OUTPUT [FURNITURE STAMPS]")
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), [int(count) for count in sys.argv[3:]])
