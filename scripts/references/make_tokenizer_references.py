#!/usr/bin/env python3
"""Writes texts and the token numbers that OpenCLIP's own tokenizer gives them. Development only.

The tokenizer is used as published, with ftfy before it. Texts that ftfy would decode anew (mojibake, which Semblance
does not restore) are left out, and so are scalars that the oldest Unicode table in use here (Python's) does not know.

Usage:  python3 -m venv venv && venv/bin/pip install open_clip_torch
        venv/bin/python scripts/references/make_tokenizer_references.py

Written to Tests/SemblanceVisionTests/Fixtures/models/clip-tokens.json.gz: a list of {"t": text, "i": numbers}, where
the numbers are without the zeros behind the end of text. A long text is {"t": piece, "n": repetitions, "i": …}.
"""

import gzip
import json
import pathlib
import random
import unicodedata

import ftfy
from open_clip.tokenizer import SimpleTokenizer

TARGET = (
    pathlib.Path(__file__).resolve().parents[2]
    / "Tests/SemblanceVisionTests/Fixtures/models/clip-tokens.json.gz"
)

BY_HAND = [
    "", " ", "\n\t ", "a photo of a cat", "A Photo of a RED Chair", "red chair", "rouge à lèvres", "it's don't we're "
    "I've I'm you'll he'd", "IT'S DON'T WE'RE", "'s", "''s", "'S 'T", "rock 'n' roll", "'ſ", "fo'c's'le",
    "“curly” ‘quotes’ „low‟ ‚single‛", "ﬁne ﬂour oﬃce waﬄe ﬅyle ﬆar ĳsje ŉ Ǆ ǅ ǆ Ǳ", "Ｆｕｌｌ　Ｗｉｄｔｈ ＡＢＣ１２３！？", "ｶﾀｶﾅ ﾊﾝｶｸ ﾀﾞ",
    "&amp; &lt;b&gt; &quot;x&quot; &#39;y&#39; &#x263A; &hellip; &eacute; &EACUTE; &NTILDE; &nbsp;x", "&amp;amp;amp;lt;",
    "fish &amp chips &copy 2020 &notit; &not;it &notin; &unknown; &;", "&#0; &#128; &#150; &#xD800; &#1114112; &#65",
    "&#x1F600; &#99999999999; &#; &#x; &#xg; &#8", "<b>bold &amp; brash</b>", "a < b &amp; c\nnext &amp; line",
    "caf\u00e9 cafe\u0301 e\u0301e\u0301 \u0323\u0307q", "\u0345 a\u0345b \u03b1\u0345", "ΣΊΣΥΦΟΣ ΑΣ Σ ΟΔΟΣ. ΟΔΌΣ'Σ ΣΑ Σ́", "İstanbul IĞDIR ısı",
    "STRASSE straße ẞ ß", "Ǆ ǅ ǆ ﷺ №", "😀 😂😂😂 ❤️ 👩‍👩‍👧‍👦 🏳️‍🌈 🇬🇧 👍🏽 1️⃣", "שלום עולם", "مرحبا بالعالم \u200fabc\u200e", "你好，世界 日本語テキスト 한국어",
    "ไทย हिन्दी தமிழ் ភាសាខ្មែរ", "½ ² ³ Ⅷ ⅷ ① ٣٤ १२", "x²+y²=z²", "3.14159 1,000,000 007", "C3PO r2d2 a1b2c3", "---===***", "foo_bar-baz.qux",
    "<start_of_text> hello <end_of_text>", "<START_OF_TEXT>", "a<end_of_text>b", "<ſtart_of_text>", "<start_of_text", "<|startoftext|>", "https://example.com/a?b=c&d=e#f",
    "user@example.com", "#hashtag @mention $5 €10 £3 100%", "tab\tnew\nline\r\nreturn\rpage\x0cend", "\x1b[31mred\x1b[0m \x1b[1;2Hx \x1b[ y", "bell\x07 null\x00 del\x7f bom\ufeff sep\u2028par\u2029end",
    "no\u00a0break thin\u2009space zero\u200bwidth \u3000ideographic", "soft\u00adhyphen", "\u1680ogham", "\x1cfile\x1dgroup", "\U000e0067 tag", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "Pneumonoultramicroscopicsilicovolcanoconiosis", "Donaudampfschifffahrtsgesellschaftskapitän", "the " * 75, "the " * 76, "the " * 77, "a" * 75, "a b c " * 30,
    "1" * 75, "1" * 76, "!" * 300, "hello" * 400, "ﬀ" * 90, "“" * 90, "ⅷ" * 40, "…", "a…b", "wait...what?!", "Å Å Å", "Ω Ω", "K K", "ﬃ", "¿Qué? ¡Sí!", "naïve façade coöperate", "ʼn ʼ", "0\u0660", "\ufffd",
    "e\u0301" * 50, "\u1100\u1161\u11a8", "\u0f73", "\u0958 \u2126 \ufb1d \ufb2a", "\U0001d15e", "a\u0328\u0301", "\u0344", "\u212b\u0327", "'\u0301s", "don’t it’s we’re", "‘tis", "DON’T", "'LL 'Re 'vE",
    "&rsquo;s it&rsquo;s &#8217;ll", "&SZLIG; &AMP; &LT; &FRAC12; &ALPHA; &Alpha; &alpha;", "&ThickSpace;x&NotEqualTilde;", "&CounterClockwiseContourIntegral;x", "&CounterClockwiseContourIntegralX;", "&amp", "&ampx", "&amp;amp;", "&amp;lt;p&amp;gt;", "&lt", "&ltfoo", "&Gt;", "&GT", "&gtcc;", "&#x26;amp;", "&#38;#38;#38;",
]
LONG = [("word ", 5000), ("a", 4000), ("supercalifragilistic", 300), ("😀", 1500), ("ab ", 1000), ("&amp;", 2000), (" ", 20000), ("中", 3000), ("e\u0301", 2000), ("xy", 2000)]

WORDS = """red green blue white black wooden metal old new chair table lamp sofa car boat dog cat horse bird tree flower
mountain river beach city street house bridge tower photo picture drawing painting sketch of a an the with and in on
under behind two three many small large tiny huge beautiful blurry bright dark man woman child people smiling running
sitting wearing hat shoes dress jacket sneakers handbag watch ring leather striped floral vintage modern""".split()

# Ranges that texts of the world are made of, each with letters, marks, digits and punctuation.
BLOCKS = [
    (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F),
    (0x530, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0xB80, 0xBFF), (0xE00, 0xE7F), (0x10A0, 0x10FF), (0x1100, 0x11FF),
    (0x13A0, 0x13FF), (0x1C80, 0x1CBF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF),
    (0x2100, 0x218F), (0x2190, 0x23FF), (0x2460, 0x24FF), (0x2500, 0x27BF), (0x2C00, 0x2DFF), (0x3000, 0x30FF),
    (0x3100, 0x33FF), (0x4E00, 0x9FFF), (0xA640, 0xA7FF), (0xAB30, 0xABBF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
    (0xFB00, 0xFDFF), (0xFE00, 0xFEFF), (0xFF00, 0xFFEF), (0x10400, 0x104FF), (0x1D100, 0x1D7FF), (0x1F300, 0x1FAFF),
    (0x1E900, 0x1E95F), (0x20000, 0x2A6DF), (0xE0020, 0xE007F), (0x0, 0x1F),
]


def known(text):
    return all(unicodedata.category(c) not in ("Cn", "Cs") for c in text)


def made(generator):
    """Sentences, mixtures of scripts, and scalars at random."""
    for _ in range(300):
        words = generator.choices(WORDS, k=generator.randint(1, 14))
        style = generator.choice([str, str.upper, str.title, str.capitalize])
        yield style(generator.choice([" ", " ", ", ", "  ", "-", "/", "'s "]).join(words))
    for _ in range(700):
        block = generator.choice(BLOCKS)
        other = generator.choice(BLOCKS)
        yield "".join(
            chr(generator.randint(*generator.choice([block, block, other, (0x20, 0x7E)])))
            for _ in range(generator.randint(1, 24)))
    for _ in range(200):
        parts = generator.choices(BY_HAND[3:], k=2)
        yield parts[0][: generator.randint(0, 40)] + generator.choice(["", " ", "'", "&", ";"]) + parts[1][: generator.randint(0, 40)]


def is_decoded_anew(text):
    """Whether any round of ftfy's finds a wrong encoding to undo."""
    real = ftfy.fix_encoding
    changed = []

    def watched(value):
        fixed = real(value)
        changed.append(fixed != value)
        return fixed

    ftfy.fix_encoding = watched
    try:
        ftfy.fix_text(text)
    finally:
        ftfy.fix_encoding = real
    return any(changed)


def main():
    tokenizer = SimpleTokenizer()

    def numbers(text):
        row = tokenizer([text])[0].tolist()
        while row[-1] == 0:
            row.pop()
        return row

    entries, left_out = [], 0
    for text in dict.fromkeys(BY_HAND + list(made(random.Random(49408)))):
        if not known(text) or is_decoded_anew(text):
            left_out += 1
            continue
        entries.append({"t": text, "i": numbers(text)})
    for piece, count in LONG:
        assert not is_decoded_anew(piece * count)
        entries.append({"t": piece, "n": count, "i": numbers(piece * count)})
    data = json.dumps(entries, ensure_ascii=True, separators=(",", ":")).encode()
    TARGET.write_bytes(gzip.compress(data, 9, mtime=0))
    print(len(entries), "texts,", left_out, "left out,", TARGET.stat().st_size, "bytes")


main()
