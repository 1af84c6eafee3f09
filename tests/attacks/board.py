"""The board's pages: answers that are doubled, stale, forged, or given by somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.test import Client

from org.actors import Actor
from org.charter import SHIPPED
from org.clock import database_clock
from org.models import BOARD_GROUP, CharterDraft, CharterVersion, Escalation, Member
from org.services import decisions, members
from tests.attacks.table import Attempt, Leaves, attack
from tests.attacks.world import World, decision, fresh
from tests.people import PASSWORD, acting, board_member, page_of, publish_charter, shift_clock
from tests.services.boardroom import Visitor, decision_of, hash_of, status_of, text_of

DRAFT = "/admin/org/charterdraft/add/"
MORE = SHIPPED.read_text().replace("limit_usd = 1_000_000", "limit_usd = 50_000_000")
NOT_YOURS = "Your account may not do this. Nothing was done."
TREASURY = "/admin/org/ledgeraccount/treasury/change/"


def posts(who: Client, matter: Escalation, choice: str = "approve", **fields: str) -> str:
    """What a page says to an answer; `seen_hash` is that of the matter now, unless one is given."""
    given = {"answer": choice, "note": "as discussed", "seen_hash": hash_of(matter), **fields}
    return said(who, page_of(matter), given)


def said(who: Client, path: str, given: dict[str, str]) -> str:
    page = who.post(path, given)
    if page.status_code == 302 and not page["Location"].startswith("/admin/login/"):
        page = who.get(page["Location"])
    return f"{page.status_code} {page.headers.get('Location', '')} {text_of(page)}"


def approves(who: Visitor, matter: Escalation) -> None:
    posts(who, matter)
    assert decision_of(matter).status == "approved"


# --- The same member, twice ---------------------------------------------------------------------------------------


@attack("clicks on approve twice", says="The first answer stands")
def double_click(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    seen = hash_of(matter)
    posts(ada, matter, seen_hash=seen)
    return partial(posts, ada, matter, seen_hash=seen)


@attack("rejects in one tab and approves in another that still shows the form", says="You have answered")
def two_tabs(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    seen = hash_of(matter)
    posts(ada, matter, "reject", seen_hash=seen)
    return partial(posts, ada, matter, seen_hash=seen)


@attack("gives both of the two approvals a large sum needs", says="The first answer stands")
def both_approvals(world: World) -> Attempt:
    board_member()
    matter, ada = world.before_the_board(12_000_000), world.visitor()
    posts(ada, matter)
    again = Visitor(ada.member)
    return partial(posts, again, matter)


@attack("splits a sum that needs two members, and approves both halves alone", says="waits for a second member",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def halves(world: World) -> Attempt:
    board_member()
    ada, name = world.visitor(), fresh("Harbour")
    approves(ada, world.before_the_board(6_000_000, name))
    return partial(posts, ada, world.before_the_board(6_000_000, name.upper()))


# --- What was shown is not what is approved -------------------------------------------------------------------------


@attack("has an approval given for a page whose initiative has grown since", says="is not what you were shown any more")
def grown_since(world: World) -> Attempt:
    name = fresh("Harbour")
    matter, ada = world.before_the_board(name=name), world.visitor()
    seen = hash_of(matter)
    world.approved(400_000, name)
    return partial(posts, ada, matter, seen_hash=seen)


@attack("keeps a first approval although the initiative has grown before the second", says="waits for a second member",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def void_approval(world: World) -> Attempt:
    name = fresh("Harbour")
    ada, grace = world.visitor(), world.visitor()
    matter = world.before_the_board(12_000_000, name)
    posts(ada, matter)
    world.approved(400_000, name)
    return partial(posts, grace, matter)


@attack("approves by a hash that nobody was shown", says="is not what you were shown any more")
def forged_hash(world: World) -> Attempt:
    return partial(posts, world.visitor(), world.before_the_board(), seen_hash="0" * 64)


@attack("approves one request by the hash of another", says="is not what you were shown any more")
def anothers_hash(world: World) -> Attempt:
    small, large = world.before_the_board(2_000_000), world.before_the_board(9_000_000)
    return partial(posts, world.visitor(), large, seen_hash=hash_of(small))


@attack("approves what its initiator has withdrawn", says="is withdrawn already")
def withdrawn(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    seen = hash_of(matter)
    decisions.withdraw(decision=matter.decision.ref, reason="x", by=acting("ceo"), clock=database_clock)
    return partial(posts, ada, matter, seen_hash=seen)


@attack("approves a request of a type that the charter has dropped since", says="so nobody can approve it")
def dropped_type(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    text = SHIPPED.read_text()
    publish_charter(re.sub(r"\[types\.budget_allocation\]\n(.+\n)+", "", text))
    world.afterwards(partial(publish_charter, text))
    return partial(posts, ada, matter)


# --- Somebody else ------------------------------------------------------------------------------------------------


@attack("approves as a superuser who is not on the board", says="not one of the board, so you can read this")
def superuser(world: World) -> Attempt:
    root = Visitor(world.person(is_superuser=True))
    return partial(posts, root, world.before_the_board())


@attack("approves as a clerk with an account and no seat on the board", says=NOT_YOURS)
def clerk(world: World) -> Attempt:
    return partial(posts, Visitor(world.person()), world.before_the_board())


@attack("approves without having signed in", says="302 /admin/login/")
def nobody(world: World) -> Attempt:
    return partial(posts, Client(), world.before_the_board())


@attack("approves from a page left open by a member deactivated since", says="302 /admin/login/")
def deactivated(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    Member.objects.filter(pk=ada.member.pk).update(is_active=False)
    return partial(posts, ada, matter)


@attack("approves from a page left open by a member taken off the board since", says=NOT_YOURS)
def off_the_board(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    ada.member.groups.clear()
    return partial(posts, ada, matter)


@attack("counts the approval of a member deactivated before the second one", says="waits for a second member",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def gone_member(world: World) -> Attempt:
    ada, grace = world.visitor(), world.visitor()
    matter = world.before_the_board(12_000_000)
    posts(ada, matter)
    Member.objects.filter(pk=ada.member.pk).update(is_active=False)
    return partial(posts, grace, matter)


@attack("has another site's form approve for a member who is signed in", says="CSRF verification failed")
def another_site(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    ada.handler.enforce_csrf_checks = True
    return partial(posts, ada, matter)


@attack("has a member follow a link that carries the answer", says="200 open")
def link(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    query = {"answer": "approve", "note": "x", "seen_hash": hash_of(matter)}

    def attempt() -> str:
        return f"{ada.get(page_of(matter), query).status_code} {status_of(matter)}"

    return attempt


@attack("approves in a session whose password has expired", says="You typed your password over five minutes ago")
def expired_password(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    shift_clock(minutes=6)
    return partial(posts, ada, matter)


@attack("writes approved into the form of a record", says="there is no such button")
def form_of_a_record(world: World) -> Attempt:
    matter, ada = world.before_the_board(), world.visitor()
    given = {"status": "approved", "decided_by": "board", "mode": "autonomous"}
    return partial(said, ada, f"/admin/org/decision/{matter.decision_id}/change/", given)


@attack(
    "guesses a member's password, and has it right at the sixth try",
    says="Too many wrong passwords",
    leaves=Leaves.ITS_DUE,
)
def guesses(world: World) -> Attempt:
    ada = world.person()
    ada.set_password(PASSWORD)
    ada.save()

    def attempt() -> str:
        given = [*(f"guess {n}" for n in range(5)), PASSWORD]
        return [said(Client(), "/admin/login/", {"username": ada.username, "password": typed}) for typed in given][-1]

    return attempt


@attack("revokes an approval as a superuser who is not on the board", says=NOT_YOURS)
def revokes_as_superuser(world: World) -> Attempt:
    root = Visitor(world.person(is_superuser=True))
    page = f"/admin/org/decision/{decision(world.approved(50)).pk}/change/"
    return partial(said, root, page, {"deed": "revoke", "reason": "mine"})


@attack("seats itself on the board's list of people", says=NOT_YOURS)
def seats_itself(world: World) -> Attempt:
    ada = world.visitor()
    given = {"username": ada.member.username, "is_superuser": "on", "on_the_board": "on", "is_active": "on"}
    return partial(said, ada, f"/admin/org/member/{ada.member.pk}/change/", given)


@attack("seats a friend on the board in a session whose password has expired", says="more than five minutes")
def seats_a_friend(world: World) -> Attempt:
    root = Visitor(world.person(is_superuser=True))
    shift_clock(minutes=6)
    new = {"username": fresh("friend").replace(" ", ""), "usable_password": "true", "on_the_board": "on"}
    return partial(said, root, "/admin/org/member/add/", {**new, "password1": PASSWORD, "password2": PASSWORD})


@attack("makes a superuser of oneself by the service, as a member of the board", says="Only active people who manage")
def promotes_itself(world: World) -> Attempt:
    ada = board_member()

    def attempt() -> str:
        ada.is_superuser = True
        by = Actor.member(ada)
        try:
            members.keep(member=ada, groups=[BOARD_GROUP], changed=["is_superuser"], by=by, clock=database_clock)
        except Exception as refusal:
            return str(refusal)
        return "kept"

    return attempt


@attack("raises the treasury as a superuser who is not on the board", says=NOT_YOURS)
def treasury(world: World) -> Attempt:
    root = Visitor(world.person(is_superuser=True))
    return partial(said, root, TREASURY, {"deed": "set", "amount": "900000000"})


# --- The charter --------------------------------------------------------------------------------------------------


def drafted(who: Visitor) -> CharterDraft:
    """A draft that gives the CEO fifty million."""
    who.post(DRAFT, {"deed": "save", "document": MORE, "seen_hash": ""})
    return CharterDraft.objects.get(author=who.member)


def publishes(who: Client, draft: CharterDraft, seen: str = "", document: str = MORE) -> Callable[[], Any]:
    given = {"deed": "publish", "document": document, "seen_hash": seen or draft.shown_hash}
    return partial(said, who, f"/admin/org/charterdraft/{draft.pk}/change/", given)


@attack("publishes a charter alone where the board has two members", says="waits for a second member",
        leaves=Leaves.NO_APPROVAL)  # fmt: skip
def charter_alone(world: World) -> Attempt:
    board_member()
    ada = world.visitor()
    return publishes(ada, drafted(ada))


@attack("gives both approvals of a charter", says="You have approved this text already")
def charter_twice(world: World) -> Attempt:
    board_member()
    ada = world.visitor()
    draft = drafted(ada)
    publishes(ada, draft)()
    return publishes(Visitor(ada.member), draft)


@attack("changes a charter between its reading and its second approval", says="not what you were shown any more")
def charter_changed(world: World) -> Attempt:
    ada, grace = world.visitor(), world.visitor()
    draft = drafted(ada)
    publishes(ada, draft)()
    read = draft.shown_hash
    worse = MORE.replace("limit_usd = 500_000", "limit_usd = 500_000_000")
    given = {"deed": "save", "document": worse, "seen_hash": read}
    said(ada, f"/admin/org/charterdraft/{draft.pk}/change/", given)
    return publishes(grace, draft, read)


@attack("publishes other text than the one that was saved and read", says="is not saved")
def charter_typed(world: World) -> Attempt:
    ada = world.visitor()
    return publishes(ada, drafted(ada), document=MORE.replace("window_multiple = 5", "window_multiple = 500"))


@attack("publishes a draft made under a charter that is no more in force", says="came into force since")
def charter_stale(world: World) -> Attempt:
    ada = world.visitor()
    draft = drafted(ada)
    publish_charter(SHIPPED.read_text())
    assert CharterVersion.objects.latest("version").version > draft.base_id
    return publishes(ada, draft)


@attack("publishes a charter as a superuser who is not on the board", says=NOT_YOURS)
def charter_outsider(world: World) -> Attempt:
    draft = drafted(world.visitor())
    return publishes(Visitor(world.person(is_superuser=True)), draft)
