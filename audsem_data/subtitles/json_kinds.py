"""What a byte is inside a JSON string, to one who looks for captions; all bytes together describe the string."""

STOP, OPEN, CLOSE, VISIBLE, SUSPECT, ESCAPED, WIDE = 1, 2, 4, 8, 16, 32, 64
