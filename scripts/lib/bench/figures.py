# SPDX-License-Identifier: Apache-2.0
"""Figures of several rounds: kept raw, shown as medians and ratios beside what is demanded of them."""
import statistics


class Figures:
    def __init__(self):
        self._values = {}
        self._missed = []

    def note(self, name, value):
        self._values.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self._values[name])

    def show(self, name, unit, digits=1):
        values = self._values[name]
        spread = "" if len(values) == 1 else f"   ({min(values):,.{digits}f} - {max(values):,.{digits}f})"
        print(f"    {name:<52}{self.median(name):>12,.{digits}f} {unit}{spread}")

    def ratio(self, name, ours, theirs):
        """The ratio of two figures of the same round, taken round by round: what disturbs a round disturbs both."""
        for a, b in zip(self._values[ours], self._values[theirs]):
            self.note(name, a / b)

    def demand(self, text, value, relation, target, unit=""):
        held = value >= target if relation == ">=" else value <= target if relation == "<=" else value < target
        shown = f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
        print(f"  {'✓' if held else '✗'} {text}: {shown}{unit} (demanded {relation} {target:,}{unit})")
        if not held:
            self._missed.append(text)

    @property
    def missed(self):
        return self._missed


def chapter(title, command):
    print(f"\n{title}\n    {command}")
