"""How WeChat encrypts posts in safe mode, and how it signs them.

developers.weixin.qq.com/doc/offiaccount/Message_Management/Message_encryption_and_decryption_instructions.html, checked 2026-11:
* The key is base64 of EncodingAESKey with the `=` that it lacks: 32 bytes. AES-256 in CBC mode; the first 16 bytes of the key
  are the IV. The padding is that of PKCS#7 to blocks of 32 bytes.
* In the clear: 16 random bytes, the length of the message as 4 bytes with the highest first, the message, the app id.
* The signature is SHA-1, in hex, of token, timestamp, nonce and ciphertext (base64, as it stands in the post), sorted and put
  together. Without the ciphertext it would not cover the message: that is the plain mode, which is refused.
"""

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from app.connectors.connector import SecretError

_BLOCK_BYTES: Final = 32
_RANDOM_BYTES: Final = 16
_HEAD_BYTES: Final = _RANDOM_BYTES + 4
_ENCODED_KEY: Final = re.compile("[A-Za-z0-9+/]{43}")


def key(encoding_aes_key: str) -> bytes:
    """The key in an EncodingAESKey. Raises SecretError."""
    if not _ENCODED_KEY.fullmatch(encoding_aes_key):
        raise SecretError("is no EncodingAESKey: 43 letters and digits, as the platform shows it")
    return b64decode(encoding_aes_key + "=")


def sign(token: bytes, *signed: bytes) -> bytes:
    """The signature over texts: timestamp, nonce, and in safe mode the ciphertext."""
    # SHA-1 and no HMAC is what WeChat has. It can be extended, by bytes that are no text: who calls must refuse those.
    return hashlib.sha1(b"".join(sorted((token, *signed)))).hexdigest().encode()


def encrypt(aes_key: bytes, app_id: bytes, message: bytes, random: bytes) -> bytes:
    """The ciphertext of a message. `random` is 16 bytes."""
    clear = random + len(message).to_bytes(4, "big") + message + app_id
    padding = _BLOCK_BYTES - len(clear) % _BLOCK_BYTES
    encryptor = _cipher(aes_key).encryptor()
    return b64encode(encryptor.update(clear + bytes([padding]) * padding) + encryptor.finalize())


def decrypt(aes_key: bytes, app_id: bytes, ciphertext: bytes) -> bytes | None:
    """The message; None if it is none of this key and app id."""
    try:
        encrypted = b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not encrypted or len(encrypted) % _BLOCK_BYTES:
        return None
    decryptor = _cipher(aes_key).decryptor()
    clear = _without_padding(decryptor.update(encrypted) + decryptor.finalize())
    if clear is None or len(clear) < _HEAD_BYTES:
        return None
    end = _HEAD_BYTES + int.from_bytes(clear[_RANDOM_BYTES:_HEAD_BYTES], "big")
    return clear[_HEAD_BYTES:end] if clear[end:] == app_id else None


def _without_padding(padded: bytes) -> bytes | None:
    count = padded[-1]
    if not 1 <= count <= _BLOCK_BYTES or padded[-count:] != bytes([count]) * count:
        return None
    return padded[:-count]


def _cipher(aes_key: bytes) -> Cipher[CBC]:
    return Cipher(AES(aes_key), CBC(aes_key[:16]))
