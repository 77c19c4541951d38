"""Messages of protocol buffers as lists of fields, so that a change can write what no library would."""

VARINT, FIXED64, BYTES, START_GROUP, END_GROUP, FIXED32 = range(6)


def varint(number, length=0):
    """A number of 64 bits, negative ones as servers write them; with `length`, in so many bytes, which may be too many."""
    number &= (1 << 64) - 1
    digits = []
    while number or not digits or len(digits) < length:
        digits.append(number & 127)
        number >>= 7
    return bytes(digit | 128 for digit in digits[:-1]) + bytes(digits[-1:])


def field(number, value, kind=None):
    """A field: of an integer as a varint, of bytes with their length; of another kind, with `value` as it stands."""
    if kind is not None:
        return varint(number << 3 | kind) + value
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def fields(message):
    """Number and value of each field of a sound message without groups."""
    at, found = 0, []
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == VARINT:
            value, at = _varint(message, at)
        elif tag & 7 == BYTES:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            raise ValueError(f"a field of wire type {tag & 7}")
        found.append((tag >> 3, value))
    return found


def message(found):
    """The message with these fields."""
    return b"".join(field(number, value) for number, value in found)


def _varint(message, at):
    number = shift = 0
    while True:
        digit = message[at]
        number |= (digit & 127) << shift
        at, shift = at + 1, shift + 7
        if digit < 128:
            return number, at
