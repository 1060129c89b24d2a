"""Requests about covert codes and dynamic tags."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from resolver.consumer.models import Uri
from resolver.scan.shared_place import SharedPlace


class Opening(SharedPlace):
    """A covert code that was laid bare, and the code outside the same pack when it was scanned as well.

    The place is optional; latitude and longitude (WGS 84 degrees) belong together.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "inner": "https://id.example.com/OPEN/01/09521234000013/21/5S2D7Q0WJ3M9N4XK8VTB",
                    "outer": "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
                    "handset": "install-7c1f",
                }
            ]
        },
    )
    inner: Uri
    outer: Uri | None = None
    handset: str | None = Field(None, min_length=8, max_length=128, description="The app's random install id.")


class NewTag(BaseModel):
    """A tag's UID (7 bytes, hexadecimal) and the code of the unit that it is on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "uid": "04de5f1eacc040",
                    "uri": "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
                }
            ]
        },
    )
    uid: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{14}$")]
    uri: Uri
