"""The parts of a Bot API update that we read; anything else in it is ignored.

Source: https://core.telegram.org/bots/api#update
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


def _or_none(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


Maybe = WrapValidator(_or_none)
"""A part without which a message still makes sense: None when it is malformed."""

# 253402300799 is the last second of the year 9999.
Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class User(_Part):
    """A person or a bot."""

    id: int
    is_bot: Annotated[bool | None, Maybe] = None
    first_name: Annotated[str | None, Maybe] = None
    last_name: Annotated[str | None, Maybe] = None


class Chat(_Part):
    """Where it happened."""

    id: int
    type: Literal["private", "group", "supergroup", "channel"]
    title: Annotated[str | None, Maybe] = None


class File(_Part):
    """A document, a photo size, a voice message, audio or video."""

    file_id: str
    file_name: Annotated[str | None, Maybe] = None
    mime_type: Annotated[str | None, Maybe] = None
    file_size: Annotated[int | None, Maybe] = None
    width: Annotated[int | None, Maybe] = None
    height: Annotated[int | None, Maybe] = None
    duration: Annotated[int | None, Maybe] = None


class Entity(_Part):
    """A marked stretch of text."""

    type: str
    user: Annotated[User | None, Maybe] = None


class Answered(_Part):
    """The message that was replied to, as far as it matters."""

    message_id: int
    from_: Annotated[User | None, Maybe] = Field(default=None, alias="from")
    sender_chat: Annotated[Chat | None, Maybe] = None
    text: Annotated[
        str | None, Field(validation_alias=AliasChoices("text", "caption")), Maybe
    ] = None
    forum_topic_created: Any = None


class Origin(_Part):
    """Who first wrote what was forwarded, or is answered from another chat."""

    sender_user: Annotated[User | None, Maybe] = None
    sender_user_name: Annotated[str | None, Maybe] = None
    sender_chat: Annotated[Chat | None, Maybe] = None
    chat: Annotated[Chat | None, Maybe] = None


class Quote(_Part):
    """The part of the answered message that was picked out."""

    text: str


class Elsewhere(_Part):
    """A message of another chat that is answered here."""

    origin: Annotated[Origin | None, Maybe] = None


class Message(_Part):
    """Something written, in a chat."""

    message_id: int
    chat: Chat
    from_: Annotated[User | None, Maybe] = Field(default=None, alias="from")
    sender_chat: Annotated[Chat | None, Maybe] = None
    date: Annotated[Seconds | None, Maybe] = None
    edit_date: Annotated[Seconds | None, Maybe] = None
    text: Annotated[str, Field(validation_alias=AliasChoices("text", "caption"))] = ""
    entities: Annotated[
        list[Annotated[Entity | None, Maybe]] | None,
        Field(validation_alias=AliasChoices("entities", "caption_entities")),
        Maybe,
    ] = None
    message_thread_id: Annotated[int | None, Maybe] = None
    is_topic_message: Annotated[bool | None, Maybe] = None
    reply_to_message: Annotated[Answered | None, Maybe] = None
    external_reply: Annotated[Elsewhere | None, Maybe] = None
    quote: Annotated[Quote | None, Maybe] = None
    forward_origin: Annotated[Origin | None, Maybe] = None
    photo: Annotated[list[Annotated[File | None, Maybe]] | None, Maybe] = None
    document: Annotated[File | None, Maybe] = None
    voice: Annotated[File | None, Maybe] = None
    audio: Annotated[File | None, Maybe] = None
    video: Annotated[File | None, Maybe] = None
    media_group_id: Annotated[str | None, Maybe] = None
    migrate_to_chat_id: Annotated[int | None, Maybe] = None
    migrate_from_chat_id: Annotated[int | None, Maybe] = None
    is_automatic_forward: Annotated[bool | None, Maybe] = None


class Place(_Part):
    """The message a pressed button stands under, even one too old to be read."""

    message_id: int
    chat: Chat
    message_thread_id: Annotated[int | None, Maybe] = None
    is_topic_message: Annotated[bool | None, Maybe] = None


class Press(_Part):
    """A button pressed."""

    id: str
    from_: User = Field(alias="from")
    message: Place
    data: str


class Member(_Part):
    """How somebody, here always ourselves, stands in a chat."""

    status: str
    is_member: Annotated[bool | None, Maybe] = None


class MemberChange(_Part):
    """Our own standing changed."""

    chat: Chat
    from_: User = Field(alias="from")
    before: Member = Field(alias="old_chat_member")
    after: Member = Field(alias="new_chat_member")


class Stopped(_Part):
    """A draft that the person wants no more of."""

    chat: Chat
    draft_id: int
    message_thread_id: Annotated[int | None, Maybe] = None


class Update(_Part):
    """One update; all None for a kind that we do not serve."""

    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Press | None = None
    stopped_message_generation: Stopped | None = None
    my_chat_member: MemberChange | None = None
