"""The second factor: set up, used once a code, taken away."""

from __future__ import annotations

import pytest
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from org.clock import database_clock
from org.errors import InvalidInput, NotFound, Refused
from org.models import AuditRecord, Member
from org.services import factors, sign_ins
from org.services.factors import APP, RECOVERY, TooSoon
from org.services.sign_ins import Visit
from tests import authenticator
from tests.people import board_member

pytestmark = pytest.mark.django_db

HERE = Visit("192.0.2.1")


def tries(member: Member, typed: str) -> str:
    return sign_ins.try_code(member=member, typed=typed, visit=HERE, clock=database_clock)


def told(member: Member) -> list[str]:
    return list(AuditRecord.objects.filter(subject=member.username).order_by("id").values_list("action", flat=True))


def test_a_key_counts_only_once_it_is_confirmed() -> None:
    ada = board_member("ada")
    device = factors.begin(member=ada)
    assert not factors.enrolled(ada)
    assert tries(ada, authenticator.code(device.bin_key)) == ""
    codes = factors.confirm(member=ada, device=device, typed=authenticator.code(device.bin_key), clock=database_clock)
    assert len(set(codes)) == 10
    factor = factors.of(ada)
    assert factor is not None and factor.recovery_codes_left == 10
    assert told(ada)[-1] == "member.factor_enrolled"


def test_a_wrong_first_code_confirms_nothing_and_the_next_one_waits() -> None:
    ada = board_member()
    device = factors.begin(member=ada)
    with pytest.raises(InvalidInput, match="device's clock"):
        factors.confirm(member=ada, device=device, typed="000000", clock=database_clock)
    with pytest.raises(TooSoon, match="Wait 1 second"):
        factors.confirm(member=ada, device=device, typed=authenticator.code(device.bin_key), clock=database_clock)
    assert not factors.enrolled(ada)


def test_a_key_begun_anew_leaves_the_former_one_useless() -> None:
    ada = board_member()
    former, _ = factors.begin(member=ada), factors.begin(member=ada)
    with pytest.raises(Refused) as refusal:
        factors.confirm(member=ada, device=former, typed=authenticator.code(former.bin_key), clock=database_clock)
    assert refusal.value.rule == "not_begun"


def test_a_code_works_once() -> None:
    ada = board_member()
    authenticator.enrol(ada)
    shown = authenticator.code(authenticator.key_of(ada))
    assert tries(ada, shown) == APP
    assert tries(ada, shown) == ""


def test_a_code_older_than_the_last_one_used_is_refused() -> None:
    ada = board_member()
    authenticator.enrol(ada)
    authenticator.early_in_a_step()
    before, now = authenticator.code(authenticator.key_of(ada), -1), authenticator.code(authenticator.key_of(ada))
    assert tries(ada, now) == APP
    assert tries(ada, before) == ""


@pytest.mark.parametrize(("steps", "kind"), [(-2, ""), (-1, APP), (0, APP), (1, APP), (2, "")])
def test_a_clock_may_be_one_step_off_either_way_and_stays_so(steps: int, kind: str) -> None:
    ada = board_member()
    authenticator.enrol(ada)
    for _ in range(2):  # the first one teaches the device no drift
        authenticator.half_a_minute_passes(ada)
        authenticator.early_in_a_step()
        assert tries(ada, authenticator.code(authenticator.key_of(ada), steps)) == kind


def test_wrong_codes_make_the_right_one_wait() -> None:
    ada = board_member()
    authenticator.enrol(ada)
    assert tries(ada, "000000") == ""
    with pytest.raises(TooSoon):
        tries(ada, authenticator.code(authenticator.key_of(ada)))


def test_a_recovery_code_works_once_however_it_is_written() -> None:
    ada = board_member("ada")
    codes = authenticator.enrol(ada)
    assert tries(ada, codes[3].upper().replace("-", " ")) == RECOVERY
    assert tries(ada, codes[3]) == ""
    factor = factors.of(ada)
    assert factor is not None and factor.recovery_codes_left == 9
    assert "member.recovery_code_used" in told(ada)


def test_recovery_codes_are_not_kept_readable() -> None:
    codes = authenticator.enrol(board_member())
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not kept & {each for code in codes for each in (code, code.replace("-", ""))}


def test_recovery_codes_are_their_owners_only() -> None:
    ada, grace = board_member(), board_member()
    codes = authenticator.enrol(ada)
    authenticator.enrol(grace)
    assert tries(grace, codes[0]) == ""
    assert tries(ada, authenticator.code(authenticator.key_of(grace))) == ""


def test_new_recovery_codes_void_the_former() -> None:
    ada = board_member("ada")
    former = authenticator.enrol(ada)
    new = factors.make_recovery_codes(member=ada, clock=database_clock)
    assert tries(ada, former[0]) == ""
    Member.objects.get(pk=ada.pk)
    assert not set(former) & set(new)
    assert told(ada)[-2:] == ["member.recovery_codes_made", "sign_in.failed"]


def test_a_replaced_key_stays_in_use_until_the_new_one_is_confirmed() -> None:
    ada = board_member("ada")
    authenticator.enrol(ada)
    new = factors.begin(member=ada)
    assert tries(ada, authenticator.next_code(ada)) == APP
    factors.confirm(member=ada, device=new, typed=authenticator.code(new.bin_key), clock=database_clock)
    assert authenticator.key_of(ada) == new.bin_key
    assert told(ada)[-1] == "member.factor_replaced"


def test_removing_and_resetting_end_sessions_and_are_told() -> None:
    ada = board_member("ada")
    bound = [ada.get_session_auth_hash()]
    authenticator.enrol(ada)
    bound.append(ada.get_session_auth_hash())
    factors.remove(member=ada, clock=database_clock)
    bound.append(ada.get_session_auth_hash())
    authenticator.enrol(ada)
    factors.reset(name="ada", clock=database_clock)
    bound.append(Member.objects.get(pk=ada.pk).get_session_auth_hash())
    assert len(set(bound)) == 4
    assert not factors.enrolled(ada)
    assert not TOTPDevice.objects.exists() and not StaticToken.objects.exists()
    assert told(ada) == [
        "member.factor_enrolled",
        "member.factor_removed",
        "member.factor_enrolled",
        "member.factor_reset",
    ]
    assert AuditRecord.objects.get(action="member.factor_reset").timer == "second_factor"


def test_there_is_nothing_to_reset_of_nobody_or_of_who_has_none() -> None:
    board_member("ada")
    with pytest.raises(NotFound, match="Known: ada"):
        factors.reset(name="grace", clock=database_clock)
    with pytest.raises(Refused, match="no second factor"):
        factors.reset(name="ada", clock=database_clock)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
@example("１２３４５６")
@example("+12345")
@example("1_2_3_4")
@example("12345\n")
def test_only_six_digits_or_twelve_letters_are_read_as_a_code(typed: str) -> None:
    read = factors.reading(typed)
    bare = "".join(typed.split()).replace("-", "").lower()
    if read is None:
        assert not (len(bare) == 6 and bare.isascii() and bare.isdigit())
    else:
        assert read[1] == bare
        assert (read[0], len(bare)) in ((APP, 6), (RECOVERY, 12))
