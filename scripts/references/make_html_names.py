#!/usr/bin/env python3
"""Writes HTML's named character references as Swift. Development only; the list has not changed since HTML 5.

The names are those of the HTML standard, as Python's own html.entities has them.

Usage:  python3 scripts/references/make_html_names.py
"""

import html.entities
import pathlib
import textwrap

TARGET = (
    pathlib.Path(__file__).resolve().parents[2]
    / "Sources/SemblanceVision/Tokenizer/HTMLReferences+Names.swift"
)

HEAD = '''// Written by scripts/references/make_html_names.py.

extension HTMLReferences {
    /// The characters of each name; a semicolon is part of the name.
    static let names: [String: [Unicode.Scalar]] = {
        var names: [String: [Unicode.Scalar]] = [:]
        for entry in table.split(whereSeparator: \\.isWhitespace) {
            let parts = entry.split(separator: "=")
            let numbers = parts[1].split(separator: "+").compactMap { UInt32($0, radix: 16) }
            let scalars = numbers.compactMap(Unicode.Scalar.init)
            let name = parts[0].filter { $0 != "*" }
            names[name + ";"] = scalars
            // Old names may go without.
            if parts[0].hasSuffix("*") { names[name] = scalars }
        }
        return names
    }()

    /// Names and hexadecimal scalars; a star marks names that need no semicolon.
    private static let table = """
'''


def main():
    names = html.entities.html5
    entries = []
    for name in sorted(n for n in names if n.endswith(";")):
        bare = name[:-1]
        assert bare not in names or names[bare] == names[name]
        scalars = "+".join(f"{ord(c):X}" for c in names[name])
        entries.append(f"{bare}{'*' if bare in names else ''}={scalars}")
    assert all(n.endswith(";") or n + ";" in names for n in names)
    lines = textwrap.wrap(" ".join(entries), 111, break_long_words=False, break_on_hyphens=False)
    TARGET.write_text(HEAD + "".join(f"        {line}\n" for line in lines) + '        """\n}\n')


main()
