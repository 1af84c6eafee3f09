"""What happens, act by act. Every answer is checked against what is told of it; a difference ends the story."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import anyio

from echo_project.demo.agents import Agent, Reply
from echo_project.demo.errors import Deviation
from echo_project.demo.pages import Browser, Page
from echo_project.demo.stage import Stage
from echo_project.demo.world import MEMBER, World

LAB, EXPANSION = "AI Research Lab", "Regional Expansion"
NOTE = "Approved. Start with two regions and report to us each quarter."
WITHIN_SECONDS = 5.0  # how long an answer of the board may take to reach the inbox before the story gives up


@dataclass
class Story:
    """The people of the story and what they have learnt so far."""

    stage: Stage
    world: World
    ceo: Agent
    cto: Agent
    dana: Browser

    async def play(self) -> None:
        await self.within_authority()
        escalated = await self.over_the_limit()
        await self.said_twice()
        await self.the_board_decides(escalated)
        await self.budget()
        await self.chain_of_command()
        await self.messages()
        await self.the_record()

    async def within_authority(self) -> None:
        self.stage.act(1, "Within authority", "The CEO may decide up to $1,000,000 alone. No human is asked.")
        reply = await self.ask(
            self.ceo,
            "approve_strategic_initiative",
            f"{LAB}, $750,000",
            initiative=LAB,
            business_value="Our own models within a year.",
            budget=750_000,
        )
        must(reply["status"] == "approved" and reply["approved"] is True, "the CEO approves $750,000", reply)
        must(reply["remaining_usd"] == 250_000, "$250,000 of the limit remain for the initiative", reply)
        self.answer("CEO", reply, "approved", f"{reply['ref']} approved")

    async def over_the_limit(self) -> Reply:
        self.stage.act(
            2, "Over the limit", "The same words, a larger amount: the charter says who decides, not the model."
        )
        reply = await self.ask(
            self.ceo,
            "approve_strategic_initiative",
            f"{EXPANSION}, $5,000,000",
            initiative=EXPANSION,
            business_value="Four new regions by 2028.",
            budget=5_000_000,
        )
        must(reply["status"] == "escalated" and reply["approved"] is False, "$5,000,000 wait for the board", reply)
        must(bool(reply["escalation_id"]), "the escalation has a ref", reply)
        self.answer("CEO", reply, "waits", f"{reply['ref']} waits")
        return reply

    async def said_twice(self) -> None:
        self.stage.act(3, "Said twice", "Clients repeat calls without being asked. Echo does nothing twice.")
        first = next(reply for reply in self.ceo.replies if reply["status"] == "approved")
        reply = await self.ask(
            self.ceo,
            "approve_strategic_initiative",
            f"{LAB}, $750,000, once more",
            initiative=LAB,
            business_value="Our own models within a year.",
            budget=750_000,
        )
        must(bool(reply["repeated_of"]), "the repeated call is recognised", reply)
        must(reply["ref"] == first["ref"], "it is the first decision that is returned", reply)
        self.answer(
            "CEO",
            reply,
            "repeated",
            f"{reply['ref']} again",
            f"the answer of call {reply['repeated_of']}; nothing new was decided",
        )

    async def the_board_decides(self, escalated: Reply) -> None:
        ref, matter = escalated["ref"], escalated["escalation_id"]
        self.stage.act(
            4, "A person decides", "Dana sits on the board: she signs in, reads the card, answers with a note."
        )
        page = await self.dana.open("/admin/")
        self.stage.asks("Dana", "Echo", "signs in", page.url.partition("?")[0])
        page = await self.dana.send(
            page.form_with("username", "password"), username=MEMBER, password=self.world.password
        )
        must("password" not in (page.forms[-1].fields if page.forms else {}), "the member is signed in", page)
        page = await self.dana.open(page.link("Escalations"))
        page = await self.dana.open(page.link(matter))
        must(EXPANSION in page.text and "$5,000,000" in page.text, "the page shows what is asked", page)
        self.stage.answers("Echo", "Dana", "waits", f"{matter}: {page.heading}", page.lede, page.ms)
        form = page.form_with("note", "answer", "seen_hash")
        must(("answer", "approve") in form.buttons, "the page has a button Approve", page)
        self.stage.asks("Dana", "Echo", "Approve", f"“{NOTE}”")
        begun = perf_counter()
        page = await self.dana.send(form, note=NOTE, answer="approve")
        must(f"{matter} is approved" in page.text, "the page confirms the approval", page)
        answered = perf_counter()
        self.stage.answers(
            "Echo", "Dana", "approved", f"{matter} approved", "the page says so; the CEO is being told", page.ms
        )
        letter = await self.letter(self.ceo, ref, answered + WITHIN_SECONDS)
        seconds = perf_counter() - begun
        content = letter["content"]
        must(
            letter["from"] == "board" and content["status"] == "approved",
            "the board's answer is in the CEO's inbox",
            letter,
        )
        must(content["rationale"] == NOTE, "it carries the note", letter)
        self.stage.asks("CEO", "Echo", "read_inbox")
        last = self.ceo.replies[-1]
        self.stage.answers(
            "Echo",
            "CEO",
            "approved",
            f"{letter['ref']} from the board",
            f"{letter['subject']}: “{content['rationale']}”",
            last.ms,
        )
        self.stage.note("from Dana's click to the CEO's inbox", f"{seconds * 1000:.0f} ms")

    async def budget(self) -> None:
        self.stage.act(5, "Budget", "Only what is approved can be given out, and never twice.")
        for amount, fits in ((2_000_000, True), (4_000_000, False)):
            reply = await self.ask(
                self.ceo,
                "allocate_budget",
                f"International Sales, ${amount:,}",
                amount=amount,
                department="International Sales",
                justification="Opening the first regions.",
            )
            must(reply["allocated"] is fits, f"${amount:,} {'fit' if fits else 'are refused'}", reply)
            must(reply["remaining_usd"] == 3_750_000, "$3,750,000 of approved budget are left", reply)
            self.answer(
                "CEO",
                reply,
                "allocated" if fits else "refused",
                f"{reply['tracking_id']} allocated" if fits else "refused",
            )

    async def chain_of_command(self) -> None:
        self.stage.act(6, "Chain of command", "The CTO's limit is $500,000. Above it, its manager decides.")
        reply = await self.ask(
            self.cto,
            "propose_decision",
            "GPU cluster, $650,000",
            decision_type="vendor_contract",
            title="GPU cluster",
            amount_usd=650_000,
            context="Training capacity for the lab, three years; three offers were compared.",
        )
        must(reply["status"] == "pending" and reply["waiting_on"] == ["ceo"], "$650,000 wait for the CEO", reply)
        self.answer("CTO", reply, "waits", f"{reply['ref']} waits")
        ref = reply["ref"]
        reply = await self.ask(
            self.ceo,
            "resolve_decision",
            f"{ref}, approve",
            decision_id=ref,
            approve=True,
            rationale="Within the lab's plan. Go.",
        )
        must(reply["status"] == "approved", "the CEO resolves it", reply)
        self.answer("CEO", reply, "approved", f"{ref} approved")
        reply = await self.ask(self.cto, "wait_for", ref, id=ref)
        must(reply["settled"] is True and reply["state"] == "approved", "the CTO learns of it", reply)
        self.answer("CTO", reply, "approved", "settled")

    async def messages(self) -> None:
        self.stage.act(7, "Messages", "Kept until they are read, with a receipt.")
        reply = await self.ask(
            self.ceo,
            "send_message",
            "to cto: “When can the lab start?”",
            to="cto",
            subject="When can the lab start?",
            content="A date, please, and what you need from me.",
        )
        ref = reply["ref"]
        must(
            bool(ref) and [d["to"] for d in reply["deliveries"]] == ["cto"], "the message is stored for the CTO", reply
        )
        self.answer("CEO", reply, "", ref)
        letter = await self.letter(self.cto, "When can the lab start?", perf_counter() + WITHIN_SECONDS)
        must(letter["ref"] == ref and letter["from"] == "ceo", "the CTO reads it", letter)
        self.stage.asks("CTO", "Echo", "read_inbox")
        self.stage.answers(
            "Echo", "CTO", "", letter["ref"], f"from {letter['from']}: “{letter['subject']}”", self.cto.replies[-1].ms
        )
        reply = await self.ask(self.cto, "acknowledge_message", ref, message_id=ref, note="In March.")
        must(reply["ref"] == ref and bool(reply["acknowledged_at"]), "the CTO acknowledges it", reply)
        self.answer("CTO", reply, "approved", "acknowledged")
        reply = await self.ask(self.ceo, "wait_for", ref, id=ref)
        must(reply["settled"] is True and reply["state"] == "acknowledged", "the CEO sees the receipt", reply)
        self.answer("CEO", reply, "approved", "receipt")

    async def the_record(self) -> None:
        self.stage.act(8, "The record", "Each record is sealed to the one before it; anyone can recompute the seals.")
        begun = perf_counter()
        trail = await anyio.to_thread.run_sync(self.world.read_trail)
        ms = (perf_counter() - begun) * 1000
        must(trail.records > 0, "the story left a trail", trail)
        self.stage.answers(
            "audit",
            "you",
            "approved",
            f"{trail.records} records",
            f"every seal recomputed and equal, head {trail.head.hash.hex()[:16]}…",
            ms,
        )

    # --- Manners --------------------------------------------------------------------------------------------------

    async def ask(self, agent: Agent, tool: str, what: str, /, **arguments: Any) -> Reply:
        self.stage.asks(agent.role.upper(), "Echo", tool, what)
        reply = await agent.call(tool, **arguments)
        must(not reply.is_error, f"{tool} is answered", reply)
        must(reply["acted_as"] == agent.role, f"it acted as {agent.role}", reply)
        return reply

    def answer(self, whom: str, reply: Reply, tone: str, mark: str, say: str = "") -> None:
        self.stage.answers("Echo", whom, tone, mark, say or reply.say, reply.ms)

    async def letter(self, agent: Agent, words: str, until: float) -> dict[str, Any]:
        """The unread message whose subject holds `words`, asked for until it is there."""
        while True:
            reply = await agent.call("read_inbox", unread_only=True)
            must(not reply.is_error, "read_inbox is answered", reply)
            for message in reply["messages"]:
                if words in message["subject"]:
                    return dict(message)
            must(perf_counter() < until, f"a message about {words} arrives within {WITHIN_SECONDS:.0f} s", reply)
            await anyio.sleep(0.01)


def must(holds: bool, told: str, found: Reply | Page | object) -> None:
    """What is told has to hold. Raises `Deviation`."""
    if not holds:
        shown = (
            found.say
            if isinstance(found, Reply)
            else f"{found.url}: {found.text[:300]}"
            if isinstance(found, Page)
            else found
        )
        raise Deviation(f"The story says that {told}, and the answer was: {shown}")
