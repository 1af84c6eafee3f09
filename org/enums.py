"""The words of Echo that have a fixed set of values, spelled the same everywhere."""

from __future__ import annotations

from django.db import models

BOARD = "board"  # the people; where the reporting line ends
ELECTORATE = "electorate"  # the roles that vote on a decision, as the one who decides it
SYSTEM = "system"  # Echo itself, as the author of a notice
ALL = "all"  # every role, as a recipient
LEADERSHIP = "leadership"  # the roles the charter marks so, as a recipient


class Mode(models.TextChoices):
    """How a decision is made, from the loosest to the strictest."""

    AUTONOMOUS = "autonomous"
    COLLABORATIVE = "collaborative"
    HIERARCHICAL = "hierarchical"
    HUMAN = "human"

    @property
    def strictness(self) -> int:
        return list(Mode).index(self)


class Status(models.TextChoices):
    """Where a decision stands."""

    PENDING = "pending"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


SETTLED = (Status.APPROVED, Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED)


class VoteChoice(models.TextChoices):
    APPROVE = "approve"
    REJECT = "reject"
    ABSTAIN = "abstain"


class BoardAnswer(models.TextChoices):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_REVISION = "request_revision"


class EscalationStatus(models.TextChoices):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVISION_REQUESTED = "revision_requested"
    WITHDRAWN = "withdrawn"


class DraftStatus(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Urgency(models.TextChoices):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    def next(self) -> Urgency:
        """One step more urgent; critical stays."""
        steps = list(Urgency)
        return steps[min(steps.index(self) + 1, len(steps) - 1)]

    def or_more(self, other: Urgency) -> Urgency:
        """The more urgent of the two."""
        return max(self, other, key=list(Urgency).index)


class MessageType(models.TextChoices):
    REQUEST = "request"
    RESPONSE = "response"
    NOTIFICATION = "notification"
    ESCALATION = "escalation"


class RecordKind(models.TextChoices):
    """What `recall` looks among."""

    MEMORY = "memory"
    DECISION = "decision"
    MESSAGE = "message"
    ARTIFACT = "artifact"
    RUN = "run"


class ArtifactKind(models.TextChoices):
    """What roles make and keep for each other."""

    FEATURE = "feature"
    REQUIREMENTS = "requirements"
    BACKLOG = "backlog"
    RELEASE = "release"
    DESIGN = "design"
    SPEC = "spec"
    EVALUATION = "evaluation"
    SELECTION = "selection"
    ARCHITECTURE_REVIEW = "architecture_review"
    TECHNICAL_DEBT = "technical_debt"
    DEPLOYMENT = "deployment"
    INTERFACE = "interface"
    ACCESSIBILITY = "accessibility"
    USABILITY = "usability"
    IMPLEMENTATION_PLAN = "implementation_plan"
    ESTIMATE = "estimate"
    CODE_REVIEW = "code_review"
    IMPLEMENTATION = "implementation"
    TEST_PLAN = "test_plan"
    TEST_RESULTS = "test_results"
    DEFECT = "defect"
    RELEASE_QUALITY = "release_quality"
    INCIDENT = "incident"
    INFRASTRUCTURE_CHANGE = "infrastructure_change"
    VENDOR_CONTRACT = "vendor_contract"
    OPERATIONAL_REVIEW = "operational_review"
    CAPACITY_PLAN = "capacity_plan"
    HIRING = "hiring"
    PERFORMANCE_REVIEW = "performance_review"
    CONFLICT = "conflict"
    TEAM_HEALTH = "team_health"


class AgentState(models.TextChoices):
    RUNNING = "running"
    STOPPED = "stopped"
    ERROR = "error"


class ProcessKind(models.TextChoices):
    """What a process that says it is there does."""

    AGENT = "agent"
    WORKER = "worker"


class Ending(models.TextChoices):
    """How a process ended: it said so, or fell silent."""

    CLEAN = "clean"
    LOST = "lost"


class CallStatus(models.TextChoices):
    """A stored tool call: `queued` until a worker claims it; `cancelled` means provably not done."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunStatus(models.TextChoices):
    """Where a run of a workflow stands. While it is `undoing`, what its steps did is taken back, the last one first;
    then it is `cancelled` by a person, `failed` at a step, or `done` by an end that asks for it.
    """

    RUNNING = "running"
    PAUSED = "paused"
    UNDOING = "undoing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


MOVING_RUNS = (RunStatus.RUNNING, RunStatus.UNDOING)
OPEN_RUNS = (*MOVING_RUNS, RunStatus.PAUSED)


class StepStatus(models.TextChoices):
    """Where a step of a run stands: `ready` for a worker, `waiting` for somebody or something, `held` by an agent that
    has claimed it; what is `failed` waits for a person.
    """

    READY = "ready"
    WAITING = "waiting"
    HELD = "held"
    FAILED = "failed"
    DONE = "done"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


OVER_STEPS = (StepStatus.DONE, StepStatus.SKIPPED, StepStatus.CANCELLED)


class Effect(models.TextChoices):
    """What repeating a tool does: nothing to the record, the same again, or a second thing."""

    READS = "reads"
    SETS = "sets"
    CREATES = "creates"


class LoginKind(models.TextChoices):
    """What a database login is for: the server of one role's agents, or one of Echo's own processes."""

    AGENT = "agent"
    WORKER = "worker"
    SWEEPER = "sweeper"
    WEB = "web"


class StopKind(models.TextChoices):
    """What people can stop."""

    ROLE = "role"
    SPENDING = "spending"


class LockClass(models.IntegerChoices):
    """The order in which shared rows are locked; within a class, by key."""

    CHARTER = 0
    INITIATIVE = 1
    ROLE_WINDOW = 2
    BUDGET = 3
    CALL = 4  # the turns of racing repeats; `store_call` alone takes them, and nothing else with them
