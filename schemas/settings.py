"""Settings: declared as the fields of a class, read once from the environment, documented from the declarations.

The classes are those of pydantic-settings; ours is where values come from, and errors that name the setting and the
fix. A value is that of ``SUYUAN_{name}``, or else the text of the file whose path ``SUYUAN_{name}_FILE`` gives, as
secrets are mounted. Reading these files is the only I/O here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BeforeValidator, Field, ValidationError
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from schemas.errors import Misconfigured

PREFIX = "SUYUAN_"


def setting(name: str, about: str, *, secret: bool = False, fix: str = "", **options: Any) -> Any:  # noqa: ANN401 -- pydantic.Field is typed so too
    """A field of settings: its name without the prefix, and what it means; without ``default`` it is required.

    A ``secret`` stands in no ``repr`` and in no error. ``fix`` completes "set it to …" where the type and the bounds
    (``ge`` and ``le`` of pydantic) don't say it.
    """
    extra: JsonDict = {"setting": name, "secret": secret, "fix": fix}
    return Field(description=about, repr=not secret, json_schema_extra=extra, **options)


def _flag(value: object) -> object:
    return {"yes": True, "no": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


YesNo = Annotated[bool, BeforeValidator(_flag)]
"""A setting that says yes or no."""


class EnvironmentSource(PydanticBaseSettingsSource):
    """The settings of a class in an environment; ``env_ignore_empty`` in its configuration ignores blank ones.

    :raises Misconfigured: a file that is named can't be read.
    """

    def __init__(self, settings_class: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_class)
        self._environ = environ

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        name = setting_name(field)
        text = self._text(name)
        if text is None and (path := self._text(f"{name}_FILE")) is not None:
            try:
                text = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                detail = error.strerror if isinstance(error, OSError) else "it is no text"
                raise Misconfigured(f"{name}_FILE: can't read {path} ({detail}); make the file") from None
        return text, field_name, False

    def _text(self, name: str) -> str | None:
        text = self._environ.get(name)
        if text is None or not self.config.get("env_ignore_empty"):
            return text
        return text.strip() or None

    @override
    def __call__(self) -> dict[str, Any]:
        texts = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return {name: text for text, name, _ in texts if text is not None}


class SettingsBase(BaseSettings):
    """Base of a process's settings. Nothing is read but by :meth:`from_env`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """The settings in ``environ``.

        :raises Misconfigured: names the first setting that is missing or wrong, and the fix.
        """
        texts = EnvironmentSource(cls, environ)()
        try:
            return cls(**texts)
        except ValidationError as error:
            field_name = str(error.errors()[0]["loc"][0])
            raise wrong(cls, field_name, texts.get(field_name)) from None


def setting_name(field: FieldInfo) -> str:
    """The full name of a field's setting."""
    return f"{PREFIX}{_extra(field)['setting']}"


def wrong(kind: type[BaseSettings], field_name: str, value: object) -> Misconfigured:
    """The error for a setting's value, or for one that is missing (None): what it is, and what to do."""
    field = kind.model_fields[field_name]
    name = setting_name(field)
    if value is None:
        way = "set it" if name.endswith("_FILE") else f"set it, or {name}_FILE to a path"
        return Misconfigured(f"{name} is missing; {way}: {field.description}")
    shown = "unusable" if _extra(field)["secret"] else repr(value)
    return Misconfigured(f"{name} is {shown}; set it to {_extra(field)['fix'] or _allowed(field)}")


def documentation(kind: type[BaseSettings]) -> list[tuple[str, str, str]]:
    """Name, default (empty for none) and meaning of each setting of a class."""
    return [(setting_name(field), default_text(field), field.description or "") for field in kind.model_fields.values()]


def default_text(field: FieldInfo) -> str:
    """A setting's default as one would write it; empty for none."""
    if field.is_required() or field.default is None:
        return ""
    match field.default:
        case bool():
            return "yes" if field.default else "no"
        case float():
            return f"{field.default:g}"
        case _:
            return str(field.default)


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    if not isinstance(extra, dict):
        raise TypeError("a setting is declared by setting()")
    return extra


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return " or ".join(get_args(field.annotation))
    if field.annotation is bool:
        return "yes or no"
    number = "a whole number" if field.annotation is int else "a number"
    minimum = next((bound.ge for bound in field.metadata if isinstance(bound, Ge)), None)
    maximum = next((bound.le for bound in field.metadata if isinstance(bound, Le)), None)
    if minimum is None:
        return number
    return f"{number} from {minimum} to {maximum}" if maximum is not None else f"{number}, {minimum} or more"
