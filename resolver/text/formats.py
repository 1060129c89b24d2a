"""Values as people read them: names, dates, times, distances and durations in Chinese and English.

Times are shown in the time of China (UTC+8 the whole year since 1992), which the pages say.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal, Protocol

Language = Literal["zh", "en"]
CHINA = timezone(timedelta(hours=8))
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name or phrase in both languages."""

    en: str
    zh: str

    def to_json(self) -> dict[str, str]:
        """Both forms by language tag."""
        return {"en": self.en, "zh": self.zh}


Value = str | int | float | datetime | date | timedelta | Name


class Named(Protocol):
    """Anything that has a name in both languages."""

    @property
    def name(self) -> str:
        """The English name."""

    @property
    def name_zh(self) -> str:
        """The Chinese name."""


def name_of(thing: Named, language: Language) -> str:
    """The name of a thing, in the other language when it has none in this one."""
    return (thing.name_zh or thing.name) if language == "zh" else (thing.name or thing.name_zh)


def names(thing: Named) -> Name:
    """Both names of a thing."""
    return Name(en=name_of(thing, "en"), zh=name_of(thing, "zh"))


def joined(parts: list[Name]) -> Name:
    """A list of names as a phrase."""
    return Name(en=", ".join(part.en for part in parts), zh="、".join(part.zh for part in parts))


def show(value: Value, language: Language) -> str:
    """A value as text; the number of a distance is rounded to what a reader can use."""
    match value:
        case Name():
            text = value.zh if language == "zh" else value.en
        case datetime():
            text = moment(value, language)
        case date():
            text = day(value, language)
        case timedelta():
            text = duration(value, language)
        case float():
            text = f"{value:,.1f}" if abs(value) < 10 else f"{value:,.0f}"
        case int():
            text = f"{value:,}"
        case _:
            text = value
    return text


def as_json(value: Value) -> object:
    """A value for programs: ISO 8601 dates and times, durations in seconds."""
    match value:
        case Name():
            return value.to_json()
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    return value


def day(value: date, language: Language) -> str:
    """A calendar day."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def china_day(value: datetime) -> date:
    """The calendar day of a moment in China."""
    return value.astimezone(CHINA).date()


def moment(value: datetime, language: Language) -> str:
    """Day and minute in China's time."""
    local = value.astimezone(CHINA)
    return f"{day(local, language)} {local:%H:%M}" if language == "zh" else f"{day(local, language)}, {local:%H:%M}"


def duration(value: timedelta, language: Language) -> str:
    """A span in its two largest units that matter."""
    minutes = max(1, round(value.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "天", "d"), (hours, "小时", "h"), (minutes, "分钟", "min")]
    shown = [(number, zh, en) for number, zh, en in parts if number][:2]
    return " ".join(f"{number} {zh if language == 'zh' else en}" for number, zh, en in shown)


def about_km(km: float) -> int:
    """A distance in kilometres as exactly as it helps: to ten from a hundred on."""
    return int(round(km, -1) if km >= 100 else round(km))


def machine_time(value: datetime) -> str:
    """The ``datetime`` attribute of a time element."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def grouped(text: str, size: int = 5) -> list[str]:
    """A long number in groups that eye and voice can follow."""
    return [text[start : start + size] for start in range(0, len(text), size)]
