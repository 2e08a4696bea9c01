#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a Python programmer would write for BENCHKA.7 to BENCHKA.8:  records.py INPUT OUTPUT

struct takes the record apart, the codec cp273 translates, with the one character put right that Python has different
from IBM's table (0xBC is U+00AF). What would otherwise become garbage is refused by an exception: digits, signs, dates,
times, widths. Fast: whole blocks go through the codec, dates and times are made once, numbers by int()."""
import codecs
import datetime
import struct
import sys

AT_ONCE = 4096
NUMBERS = struct.Struct(">5sx8s4s130xhi5s3s38x")
TABLE = bytes(range(256)).decode("cp273").replace("\u203e", "\u00af")
SIGNS = {"a": "", "c": "", "e": "", "f": "", "b": "-", "d": "-"}
# Digits F0 to F9 as characters; anything else becomes one that int() refuses.
ZONED = bytes(byte - 0xC0 if 0xF0 <= byte <= 0xF9 else 0x78 for byte in range(256))


def packed(field):
    digits = field.hex()
    return int(SIGNS[digits[-1]] + digits[:-1])


def zoned(field):
    """The sign is the upper half of the last byte and no character."""
    last = field[-1]
    sign = SIGNS["%x" % (last >> 4)]
    return int(sign.encode() + (field[:-1] + bytes((last | 0xF0,))).translate(ZONED))


def money(hundredths):
    if hundredths < 0:
        return "-%d.%02d" % divmod(-hundredths, 100)
    return "%d.%02d" % divmod(hundredths, 100)


class Once(dict):
    """Values that come again and again are made once."""

    def __init__(self, make):
        self.make = make

    def __missing__(self, key):
        made = self[key] = self.make(key)
        return made


@Once
def date(field):
    number = int(field.translate(ZONED))
    return datetime.date(number // 10000, number // 100 % 100, number % 100).isoformat()


@Once
def time(field):
    number = packed(field)
    return datetime.time(number // 10000, number // 100 % 100, number % 100).isoformat()


def fit(text, width):
    """Trailing blanks and NULs are padding; the width counts bytes of UTF-8."""
    encoded = text.rstrip(" \0").encode()
    if len(encoded) > width:
        raise ValueError(f"{text!r} does not fit {width} bytes")
    return encoded.ljust(width)


def convert(numbers, text):
    kaid, kadat, katim, kapag, kadur, kacost, kartry = numbers
    return b"".join((b"%-11d" % packed(kaid), fit(text[5:6], 1), (date[kadat] + time[katim]).encode(), fit(text[18:28], 12),
                     fit(text[28:68], 60), fit(text[68:98], 30), fit(text[98:148], 75),
                     ("%-6d%-11d%-12s%-4d" % (kapag, kadur, money(packed(kacost)), zoned(kartry))).encode(),
                     fit(text[162:198], 64), b"N\n"))


def main():
    size = NUMBERS.size
    with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
        while block := source.read(AT_ONCE * size):
            text = codecs.charmap_decode(block, "strict", TABLE)[0]
            target.write(b"".join(convert(numbers, text[at:at + size])
                                  for at, numbers in zip(range(0, len(text), size), NUMBERS.iter_unpack(block))))


main()
