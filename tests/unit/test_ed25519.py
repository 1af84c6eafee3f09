"""Signatures checked in plain Python: as RFC 8032 has them, and as `cryptography` does."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from org.chain.ed25519 import is_signed

ORDER = 2**252 + 27742317777372353535851937790883648493
RFC_8032 = [  # section 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def cryptography_says(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_signatures_of_the_rfc_hold_and_with_one_bit_changed_do_not(key: str, message: str, signature: str) -> None:
    public, text, made = (bytes.fromhex(each) for each in (key, message, signature))
    assert is_signed(public, text, made)
    assert not is_signed(public, text + b"x", made)
    for place in (0, 31, 32, 63):
        assert not is_signed(public, text, made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :])


@settings(max_examples=60, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), place=st.integers(0, 96 * 8 - 1))
def test_it_judges_as_cryptography_does(seed: bytes, message: bytes, place: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert is_signed(key, message, signature)
    both = bytearray(key + signature)
    both[place // 8] ^= 1 << place % 8
    key, signature = bytes(both[:32]), bytes(both[32:])
    assert is_signed(key, message, signature) is cryptography_says(key, message, signature) is False


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    private = Ed25519PrivateKey.generate()
    key, signature = private.public_key().public_bytes_raw(), private.sign(b"x")
    larger = int.from_bytes(signature[32:], "little") + ORDER
    assert not is_signed(key, b"x", signature[:32] + larger.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 1, 31, 33, 63, 65])
def test_what_has_another_length_is_no_signature_and_no_key(length: int) -> None:
    key = bytes.fromhex(RFC_8032[0][0])
    assert not is_signed(key, b"", bytes(length))
    assert not is_signed(bytes(length), b"", bytes.fromhex(RFC_8032[0][2]))
    assert not is_signed(b"\xff" * 32, b"", bytes(64))
