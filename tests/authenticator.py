"""An authenticator app of the tests: makes real codes from a real key."""

from __future__ import annotations

import time
from base64 import b32decode

from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from org.clock import database_clock
from org.models import Member
from org.services import factors

STEP = 30


def code(key: bytes | str, steps: int = 0) -> str:
    """What the app shows `steps` half minutes from now; a key as bytes, or in Base32 as a page shows it."""
    if isinstance(key, str):
        key = b32decode(key.replace(" ", ""))
    app = TOTP(key)
    app.time = time.time() + steps * STEP
    return f"{app.token():06d}"


def early_in_a_step() -> None:
    """Wait, if need be, until the code just made will not grow a step older before it is tried."""
    left = STEP - time.time() % STEP
    if left < 3:
        time.sleep(left)


def key_of(member: Member) -> bytes:
    return bytes(TOTPDevice.objects.get(user=member, confirmed=True).bin_key)


def enrol(member: Member) -> list[str]:
    """Give a member a second factor; its recovery codes. The app's next code is good at once."""
    device = factors.begin(member=member)
    codes = factors.confirm(member=member, device=device, typed=code(device.bin_key), clock=database_clock)
    half_a_minute_passes(member)
    return codes


def half_a_minute_passes(member: Member) -> None:
    """For the member's factor: the last code is no longer the present one, and no wrong one is remembered."""
    TOTPDevice.objects.filter(user=member).update(last_t=-1, throttling_failure_count=0)


def next_code(member: Member) -> str:
    half_a_minute_passes(member)
    return code(key_of(member))
