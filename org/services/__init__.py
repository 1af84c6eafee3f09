"""The deeds. One module an aggregate, one function a deed, each in one transaction.

Always in this order: lock, `act = Act(by, charter, clock())`, load, ask the rules, change, emit, return. What a deed is
composed of takes its `act`. Raises only `OrgError`s.
"""
