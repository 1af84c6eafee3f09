"""`make bench`: how fast Echo is here and now, each figure beside its floor in the same run."""

from __future__ import annotations

from bench import report

if __name__ == "__main__":
    report.run()
