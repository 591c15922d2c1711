"""Names whose letters only look Latin: a Cyrillic or Greek letter, or one that is not seen at all, among Latin ones.

A person reads such a name as the Latin one, a program does not. It is never matched as if it were spelt so; it puts
what hangs on the name in doubt.
"""

import unicodedata

# Cyrillic, Greek and Cherokee letters by the Latin letter that they look like.
_LOOK_LIKE = {
    "A": "\u0391\u0410",
    "B": "\u0392\u0412",
    "C": "\u03f9\u0421\u13df",
    "E": "\u0395\u0415",
    "G": "\u050c\u13c0",
    "H": "\u0397\u041d",
    "I": "\u0399\u0406\u04c0",
    "J": "\u0408",
    "K": "\u039a\u041a",
    "M": "\u039c\u041c",
    "N": "\u039d",
    "O": "\u039f\u041e",
    "P": "\u03a1\u0420\u13e2",
    "S": "\u0405",
    "T": "\u03a4\u0422\u13a2",
    "V": "\u0474\u13d9",
    "X": "\u03a7\u0425",
    "Y": "\u03a5\u0423",
    "Z": "\u0396",
    "a": "\u03b1\u0430",
    "c": "\u03f2\u0441",
    "d": "\u0501",
    "e": "\u03b5\u0435",
    "h": "\u043d",
    "i": "\u03b9\u0456",
    "j": "\u0458",
    "k": "\u03ba\u043a",
    "m": "\u043c",
    "o": "\u03bf\u043e",
    "p": "\u03c1\u0440",
    "q": "\u051b",
    "s": "\u0455",
    "t": "\u03c4\u0442",
    "u": "\u03c5",
    "v": "\u03bd\u0475",
    "w": "\u051d",
    "x": "\u03c7\u0445",
    "y": "\u0443",
}
_LATIN_FOR = str.maketrans({sign: latin for latin, signs in _LOOK_LIKE.items() for sign in signs})
_UNSEEN = "Cf"  # zero-width blanks, soft hyphens, marks of the writing direction


def as_it_looks(name: str) -> str:
    """`name` with the Latin letters that it seems to be written in; `name` itself where it has a Latin letter for each.

    >>> as_it_looks("G\N{CYRILLIC CAPITAL LETTER TE}V2"), as_it_looks("GTV2")
    ('GTV2', 'GTV2')
    """
    if name.isascii():
        return name
    text = unicodedata.normalize("NFKC", name.translate(_LATIN_FOR))
    return "".join(sign for sign in text if unicodedata.category(sign) != _UNSEEN)


def look_alikes_in(name: str) -> str:
    """The letters of `name` that only look Latin, for a message: "'Т' (CYRILLIC CAPITAL LETTER TE)"."""
    odd = dict.fromkeys(sign for sign in name if unicodedata.normalize("NFKC", sign) != as_it_looks(sign))
    return ", ".join(
        f"{sign!r} ({unicodedata.name(sign, 'no name')})" if sign.isprintable() else unicodedata.name(sign, ascii(sign))
        for sign in odd
    )
