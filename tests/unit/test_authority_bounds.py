"""What no combination of arguments reaches (safety.md A2), over the whole space of requests and records."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from org.authority import Request, Rule, Ruling, Standing, judge
from org.charter import SHIPPED, read
from org.enums import Mode

CHARTER = read(SHIPPED.read_text())
LIMITS = sorted({row.limit_usd for row in CHARTER.roles.values()})

near_a_limit = st.builds(
    lambda limit, cents: max(Decimal(0), limit + Decimal(cents) / 100), st.sampled_from(LIMITS), st.integers(-2, 2)
)
amounts = st.one_of(near_a_limit, st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
sums = st.one_of(st.just(Decimal(0)), near_a_limit, st.decimals(min_value=0, max_value=6_000_000, places=2))
modes = st.one_of(st.none(), st.sampled_from([Mode.AUTONOMOUS, Mode.HIERARCHICAL, Mode.HUMAN]))
confidences = st.one_of(st.none(), st.floats(0, 1))


@st.composite
def matters(draw: st.DrawFn) -> tuple[Request, Standing]:
    kind = draw(st.sampled_from(list(CHARTER.types.values())))
    role = draw(st.sampled_from(list(CHARTER.roles)))
    amount = draw(amounts if kind.money else st.none() | amounts)  # an older charter may have asked for one
    request = Request(role, kind.name, amount, draw(modes), draw(confidences))
    standing = Standing(
        initiative_usd=draw(sums),
        window_usd=draw(st.dictionaries(st.sampled_from(list(CHARTER.roles)), sums)),
        treasury_left_usd=draw(st.one_of(st.none(), amounts)),
    )
    return request, standing


def covers(role: str, request: Request, standing: Standing) -> bool:
    """Rule 2 of product.md in its own words: type, single limit on the initiative, rolling window."""
    kind = CHARTER.types[request.decision_type]
    if role not in kind.decided_by:
        return False
    if request.amount_usd is None:
        return True
    amount = request.amount_usd or Decimal(0)
    limit = CHARTER.roles[role].limit_usd
    return amount + standing.initiative_usd <= limit and amount + standing.window(role) <= 5 * limit


def height(request: Request, ruling: Ruling) -> int:
    """How far up the reporting line a ruling places the decision; the board is the top."""
    line = [request.role, *CHARTER.managers(request.role), "board"]
    return line.index(ruling.decider)


@given(matters())
def test_nothing_is_decided_alone_beyond_type_limit_or_window(matter: tuple[Request, Standing]) -> None:
    request, standing = matter
    ruling = judge(CHARTER, request, standing)
    if ruling.alone:
        assert ruling.decider == request.role
        assert covers(request.role, request, standing)
        assert request.mode in (None, Mode.AUTONOMOUS)
        assert request.confidence is None or request.confidence >= CHARTER.roles[request.role].confidence


@given(matters())
def test_whoever_gets_a_request_covers_it(matter: tuple[Request, Standing]) -> None:
    request, standing = matter
    ruling = judge(CHARTER, request, standing)
    assert (ruling.mode is Mode.HUMAN) == (ruling.decider == "board")
    if ruling.rule is Rule.LOW_CONFIDENCE:
        assert ruling.decider == CHARTER.roles[request.role].reports_to
    elif ruling.decider != "board":
        assert covers(ruling.decider, request, standing)
        assert (ruling.mode is Mode.AUTONOMOUS) == (ruling.decider == request.role)


@given(matters())
def test_what_is_plainly_covered_is_decided_alone(matter: tuple[Request, Standing]) -> None:
    request, standing = matter
    plain = Request(request.role, request.decision_type, request.amount_usd)
    unbounded = Standing(standing.initiative_usd, standing.window_usd)
    assert judge(CHARTER, plain, unbounded).alone == covers(request.role, plain, unbounded)


@given(matters(), modes, modes)
def test_a_stricter_mode_is_never_looser(
    matter: tuple[Request, Standing], one: Mode | None, other: Mode | None
) -> None:
    request, standing = matter
    looser, stricter = sorted([one or Mode.AUTONOMOUS, other or Mode.AUTONOMOUS], key=lambda mode: mode.strictness)

    def under(mode: Mode) -> Ruling:
        return judge(
            CHARTER,
            Request(request.role, request.decision_type, request.amount_usd, mode, request.confidence),
            standing,
        )

    assert under(stricter).mode.strictness >= stricter.strictness
    assert under(stricter).mode.strictness >= under(looser).mode.strictness
    assert height(request, under(stricter)) >= height(request, under(looser))


@given(matters(), confidences)
@example((Request("cto", "architecture", None, Mode.HIERARCHICAL), Standing()), 0.0)
def test_no_confidence_is_looser_than_saying_none(matter: tuple[Request, Standing], confidence: float | None) -> None:
    request, standing = matter

    def at(value: float | None) -> Ruling:
        return judge(
            CHARTER, Request(request.role, request.decision_type, request.amount_usd, request.mode, value), standing
        )

    assert height(request, at(confidence)) >= height(request, at(None))


@given(matters(), amounts)
def test_a_larger_amount_never_stays_lower(matter: tuple[Request, Standing], more: Decimal) -> None:
    request, standing = matter
    if request.amount_usd is None:
        return
    larger = Request(request.role, request.decision_type, request.amount_usd + more, request.mode, request.confidence)
    assert height(larger, judge(CHARTER, larger, standing)) >= height(request, judge(CHARTER, request, standing))


@given(matters(), sums, st.sampled_from(list(CHARTER.roles)))
def test_a_fuller_record_never_loosens(matter: tuple[Request, Standing], more: Decimal, role: str) -> None:
    request, standing = matter
    windows = dict(standing.window_usd or {})
    fuller = Standing(
        standing.initiative_usd + more,
        windows | {role: windows.get(role, Decimal(0)) + more},
        standing.treasury_left_usd,
    )
    assert height(request, judge(CHARTER, request, fuller)) >= height(request, judge(CHARTER, request, standing))


@given(matters())
def test_nothing_handed_up_is_decided_beyond_type_limit_or_window(matter: tuple[Request, Standing]) -> None:
    request, standing = matter
    ruling = judge(CHARTER, request, standing, handed_up=True)
    assert not ruling.alone or covers(request.role, request, standing)
    assert not ruling.alone or request.mode is not Mode.HUMAN
