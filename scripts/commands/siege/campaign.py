"""One attack after the other: measured while it lasts, questioned afterwards, and what it broke started again."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from scripts.commands.siege.assault import yield_cores
from scripts.commands.siege.attack import Attack, NotCarriedOut, Play
from scripts.commands.siege.honest import Honest
from scripts.commands.siege.measure import Sample, Served, by_kind, served
from scripts.commands.siege.outcome import Outcome
from scripts.commands.siege.stage import Stage
from scripts.commands.siege.watch import Watch

MOST_TIMES = 5.0
"""How many times the quiet p99 honest requests may take while an attack runs."""
_QUIET_S = 1.0
"""Between attacks, so that the quiet p99 is that of the whole run, on a machine whose speed changes."""


@dataclass(slots=True)
class Campaign:
    """``quiet`` has the honest requests while nobody attacks; ``by_speed``: too slow an answer is broken, too."""

    stage: Stage
    honest: Honest
    by_speed: bool = True
    quiet: list[Sample] = field(default_factory=list)
    _attacker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, initializer=yield_cores))
    """One thread of lower priority for all attacks: a process that an attack starts ends with the thread."""

    def begin(self, seconds: float) -> None:
        """Warm up, and measure the quiet p99 for some time.

        :raises RuntimeError: honest requests are not served.
        """
        self.honest.ready()
        time.sleep(seconds / 4)
        self._be_quiet(seconds)

    def play(self, name: str, attack: Attack) -> Outcome:
        """Make one attack, and say how it ended."""
        self._be_quiet(_QUIET_S)
        play = attack.play(self.stage)
        broken: list[str] = []
        sent = ""
        with Watch(self.stage.stack.parts) as watch:
            start = time.monotonic()
            try:
                sent = self._attacker.submit(_assault, play).result()
                end = time.monotonic()
                waited = self.honest.recovered()
                broken += self._attacker.submit(_question, play).result()
            except NotCarriedOut as error:
                return Outcome(name, attack.threat, attack.about, "not made", how=str(error))
            finally:
                play.close()
        broken += watch.failures()
        self._mend()
        # What was asked afterwards is no assault: it may load the store as it likes.
        result = served(self.honest.samples, start, end + waited, by_kind(self.quiet))
        broken += _unserved(result)
        if self.by_speed:
            broken += _slow(result)
        closest, closest_bytes = watch.worst()
        return Outcome(
            name,
            attack.threat,
            attack.about,
            "broken" if broken else "held",
            sent,
            "; ".join(broken),
            result.times,
            result.p99_ms,
            len(result.failures),
            result.outage_s,
            closest,
            closest_bytes >> 20,
            max(watch.peaks.values()) >> 20,
        )

    def quiet_words(self) -> str:
        """What the quiet requests came to."""
        kinds = ", ".join(f"{kind} {seconds * 1000:.0f} ms" for kind, seconds in sorted(by_kind(self.quiet).items()))
        return f"Quiet p99 of {len(self.quiet)} requests in the same run: {kinds}."

    def _be_quiet(self, seconds: float) -> None:
        self.honest.recovered()
        start = time.monotonic()
        time.sleep(seconds)
        self.quiet += [sample for sample in self.honest.samples[-2000:] if sample.sent_at >= start]

    def _mend(self) -> None:
        for part in self.stage.stack.parts:
            if not part.process.running:
                part.begin()


def _assault(play: Play) -> str:
    try:
        return next(play)
    except NotCarriedOut:
        raise
    except Exception as error:
        raise NotCarriedOut(f"{type(error).__name__}: {error}"[:300]) from error


def _question(play: Play) -> list[str]:
    """What does not hold. A platform that doesn't answer the question is broken, too."""
    try:
        next(play)
    except StopIteration as end:
        return [str(end.value)] if end.value else []
    except NotCarriedOut:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, the question has no good answer
        return [f"no answer to what must hold: {type(error).__name__}: {error}"[:300]]
    raise AssertionError("an attack yields once")


def _unserved(result: Served) -> list[str]:
    if not result.failures:
        return []
    return [f"{len(result.failures)} of {result.requests} honest requests failed ({result.failures[0]})"]


def _slow(result: Served) -> list[str]:
    if result.times is None or result.times <= MOST_TIMES:
        return []
    return [f"honest p99 {result.times:.1f} times the quiet one"]
