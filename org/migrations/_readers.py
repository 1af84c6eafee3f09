"""By what `recall` tells who may find a confidential decision."""

from __future__ import annotations

BY_LOGIN = "v_role IS NULL OR may_read(initiator_role, awaiting_role, participants)"
BY_ROLE = "may_be_read_by(v_role, initiator_role, awaiting_role, participants)"
