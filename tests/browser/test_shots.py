import pytest
from django.db import connection
from decimal import Decimal
from org.clock import database_clock
from org.actors import Actor
from org.models import Escalation, Decision
from org.enums import Urgency, BoardAnswer
from org.services import board, budgets
from org.models import CharterVersion
from tests.browser.conftest import LAPTOP, PHONE
from tests.people import board_member, propose

pytestmark = pytest.mark.browser

CASE = {
    "business_value": "Three of our ten largest customers asked for a European region in the last quarter. Two of them "
    "(Halden Foods and Brightline) put it into their renewal terms. Together they stand for $3.1M of yearly revenue, "
    "which we expect to grow by half once their data may stay in the EU.\n\nWithout it we expect to lose at least one of them by next summer.",
    "department": "Operations",
    "costs": {"data_centre_lease": 2100000, "hardware": 1650000, "staff_first_year": 900000, "reserve": 350000},
    "risks": ["Lease runs for five years", "Hiring two site leads in Frankfurt takes four months", "Exchange rate: ±4% on a third of the cost"],
    "alternatives_considered": "Renting from a hyperscaler would cost $1.4M a year and does not meet Halden's audit terms.",
}


def esc(d): return Escalation.objects.get(decision=d, status="open")


def test_shots(visit):
    with connection.cursor() as c: pass
    ada = board_member("ada")
    d = propose("ceo", 5_000_000, title="Regional expansion into the European Union", context=CASE, urgency=Urgency.HIGH, evidence=["D-1", "Market study, pages 4 to 9"])
    e = esc(d)
    for scheme in ("light", "dark"):
        for size, n in ((LAPTOP, "laptop"), (PHONE, "phone")):
            v = visit(size, scheme)
            v.sign_in("ada")
            v.open(f"/admin/org/escalation/{e.pk}/change/")
            v.shoot(f"card-{n}-{scheme}")
            if n == "phone":
                v.page.screenshot(path=f"/tmp/shots/fold-{n}-{scheme}.png")
            print(v.complaints, v.is_too_wide)
            v.page.context.close()
    propose("cto", 800_000, title="GPU cluster", decision_type="budget_allocation", urgency=Urgency.CRITICAL)
    board_member("grace"); 
    big = esc(propose("ceo", 12_000_000, title="Acquire Brightline " + "\u202e" + "evil" + " <script>alert(1)</script> " + "x" * 120, context="word " * 3000, urgency=Urgency.LOW))
    propose("product_manager", None, decision_type="other", title="Open-source the design system")
    charter = CharterVersion.objects.in_force()
    board.answer(escalation=big, member=ada, choice=BoardAnswer.APPROVE, note="Good price, and we know the people.", seen_hash=board.shown_hash(big, charter, database_clock()), clock=database_clock)
    budgets.set_treasury(amount_usd=Decimal(4_000_000), by=Actor.member(ada), clock=database_clock)
    with connection.cursor() as c:
        c.execute("UPDATE clock_offset SET shift = '7 hours'")
    for size, n in ((LAPTOP, "laptop"), (PHONE, "phone")):
        v = visit(size, "light")
        v.open("/admin/"); v.shoot(f"login-{n}")
        v.sign_in("ada")
        v.open("/admin/"); v.shoot(f"index-{n}")
        v.open("/admin/org/escalation/"); v.shoot(f"list-{n}"); print("list", v.is_too_wide)
        v.open(f"/admin/org/escalation/{big.pk}/change/"); v.shoot(f"big-{n}"); print("big", v.is_too_wide)
        with connection.cursor() as c:
            c.execute("UPDATE clock_offset SET shift = shift + interval '6 minutes'")
        v.open(f"/admin/org/escalation/{e.pk}/change/")
        v.page.get_by_label("Note").fill("Not this year.")
        v.page.get_by_role("button", name="Approve").click()
        v.shoot(f"short-{n}")
        v.open(f"/admin/org/ledgeraccount/treasury/change/"); v.shoot(f"treasury-{n}")
        v.open(f"/admin/org/decision/{d.pk}/change/"); v.shoot(f"decision-{n}")
        v.open(f"/admin/org/decision/"); v.shoot(f"decisions-{n}")
        v.open(f"/admin/org/auditrecord/"); v.shoot(f"audit-{n}")
        print(v.complaints)
    v = visit(LAPTOP); v.sign_in("ada"); v.open(f"/admin/org/escalation/{e.pk}/change/")
    v.page.get_by_label("Note").fill("Not this year: show the lease terms first.")
    v.page.get_by_role("button", name="Reject").click()
    v.shoot("done-laptop")
