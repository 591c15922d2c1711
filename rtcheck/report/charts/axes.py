"""Round numbers along an axis."""

import math


def ticks(low: float, high: float, *, most: int = 6) -> tuple[float, ...]:
    """At most about `most` round numbers in low..high, steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if span <= 0:
        return (low,)
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(nice * power for nice in (1, 2, 5, 10) if nice * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(n * step, 9) for n in range(first, last + 1))


def round_up(value: float, *, most: int = 6) -> float:
    """The end of an axis that holds `value`: a round number, at least half a per cent beyond it."""
    if value <= 0:
        return 1.0
    wanted = value * 1.005
    step = ticks(0, wanted, most=2 * most)[1] if len(ticks(0, wanted, most=2 * most)) > 1 else wanted
    return round(math.ceil(wanted / step - 1e-9) * step, 9)
