"""The deeds. One module an aggregate, one function a deed, each in one transaction.

Always in this order: lock, `now = clock()`, load, ask the rules, change, emit, return. Raises only `OrgError`s.
"""
