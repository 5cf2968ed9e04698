"""Many bytes at once, for compiled scanners: what sixty-four bytes of a string are, and eight bytes as a number.

The compiler makes of it what the processor has: AVX, NEON, or plain instructions. For little-endian processors.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any, cast

import numba.types
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

WIDTH = 64
Bits = np.uint64
Word = tuple[Bits, Bits, Bits, Bits, int]
_SPECIAL = b"[({])}<&"
_types: Any = numba.types
_BYTE = ir.IntType(8)


def _load(context: Any, builder: Any, signature: Any, arguments: Any, kind: ir.Type) -> Any:
    """Emit the load of a value from any place of a buffer."""
    buffer = context.make_array(signature.args[0])(context, builder, arguments[0])
    place = builder.gep(buffer.data, [arguments[1]])
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=1)


def _mask(builder: Any, how: str, loaded: Any, byte: int) -> Any:
    """Emit the mask of the bytes that compare so with one."""
    width = loaded.type.count
    bits = builder.icmp_unsigned(how, loaded, ir.Constant(loaded.type, [byte] * width))
    return builder.zext(builder.bitcast(bits, ir.IntType(width)), ir.IntType(WIDTH))


def _masks(_typing: Any, b: Any, i: Any) -> Any:
    """Return three masks of the bytes [i, i + 64), the first byte in the lowest bit; all must be held.

    Bytes at which a string stops to be plain (quote, backslash, control); brackets and what begins markup; bytes of
    ASCII that can be seen.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        loaded = _load(context, builder, signature, arguments, ir.VectorType(_BYTE, WIDTH))
        equal = {byte: _mask(builder, "==", loaded, byte) for byte in b'"\\' + _SPECIAL}
        stop = reduce(builder.or_, [equal[byte] for byte in b'"\\'], _mask(builder, "<", loaded, 0x20))
        special = reduce(builder.or_, [equal[byte] for byte in _SPECIAL])
        visible = builder.and_(_mask(builder, ">", loaded, 0x20), _mask(builder, "<", loaded, 0x7F))
        return context.make_tuple(builder, signature.return_type, [stop, special, visible])

    return _types.UniTuple(_types.uint64, 3)(b, _types.int64), emit


def _digit_masks(_typing: Any, b: Any, i: Any) -> Any:
    """Return two masks of the bytes [i, i + 16), as `masks` does: digits, and digits other than 0."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        loaded = _load(context, builder, signature, arguments, ir.VectorType(_BYTE, 16))
        below = _mask(builder, "<=", loaded, ord("9"))
        wanted = [builder.and_(below, _mask(builder, ">=", loaded, ord(least))) for least in "01"]
        return context.make_tuple(builder, signature.return_type, wanted)

    return _types.UniTuple(_types.uint64, 2)(b, _types.int64), emit


def _eight(_typing: Any, b: Any, i: Any) -> Any:
    """Return the bytes [i, i + 8) as a number, the first byte the lowest; the buffer must hold them."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _load(context, builder, signature, arguments, ir.IntType(64))

    return _types.uint64(b, _types.int64), emit


def _first_bit(_typing: Any, mask: Any) -> Any:
    """Return the place of the lowest bit that is set, of a mask that has one."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return _types.int64(_types.uint64), emit


masks = cast("Callable[[np.ndarray, int], tuple[Bits, Bits, Bits]]", intrinsic(_masks))
digit_masks = cast("Callable[[np.ndarray, int], tuple[Bits, Bits]]", intrinsic(_digit_masks))
eight = cast("Callable[[np.ndarray, int], Bits]", intrinsic(_eight))
first_bit = cast("Callable[[Bits], int]", intrinsic(_first_bit))


def sixteen(word: str) -> Word:
    """Return a word of at most sixteen bytes as two numbers (of `eight`), each before its mask, and its length."""
    low, high = word.encode()[:8], word.encode()[8:]
    parts = (low, b"\xff" * len(low), high, b"\xff" * len(high))
    a, b, c, d = (Bits(int.from_bytes(part, "little")) for part in parts)
    return a, b, c, d, len(word)
