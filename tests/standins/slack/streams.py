"""Streams and sessions, as Slack has them: what grows, who may touch it, when it dies.

Source: the reference pages of chat.{start,append,stop}Stream, agents.sessions.setStatus
and agent_session_stopped; where those are silent, what people measured of the real one
(slackapi/python-slack-sdk 1859: five minutes, whatever is appended meanwhile).
"""

from tests.standins.slack import blocks as kit
from tests.standins.slack.rules import Failure
from tests.standins.slack.state import STREAM_S, Json, Message, Room, World

PIECE = 12_000
TITLE = 256
SESSION_TITLE = 200
STATUSES = {"active", "processing", "suspended", "closed"}
TASK_STATUSES = {"pending", "in_progress", "complete", "error"}
MODES = {"timeline", "plan", "dense"}


def check_start(room: Room, args: Json) -> None:
    """Refuse a stream nobody asked for, or that is for nobody."""
    if not args.get("thread_ts"):
        raise Failure("invalid_arguments")
    if args.get("task_display_mode", "timeline") not in MODES:
        raise Failure("invalid_arguments")
    if room.kind != "im":
        for name in ("recipient_team_id", "recipient_user_id"):
            if not args.get(name):
                raise Failure(f"missing_{name}")
    for piece in _pieces(args):
        _check_chunk(piece)


def begin(message: Message, args: Json, now: float) -> None:
    """Let the message be one that streams, in the mode it began in."""
    message.stream_since = now
    grow(message, args)


def is_open(message: Message, now: float) -> bool:
    """Whether it still streams; one that is five minutes old does not."""
    since = message.stream_since
    if since is not None and now - since > STREAM_S:
        message.stream_since, message.stream_ended = None, "expired"
    return message.stream_since is not None


def require_open(message: Message, now: float) -> None:
    """Refuse what comes after the end, whoever made it end; its text is lost."""
    if not is_open(message, now):
        stopped = message.stream_ended == "user"
        raise Failure(
            "stopped_by_user" if stopped else "message_not_in_streaming_state"
        )


def grow(message: Message, args: Json) -> None:
    """Add what a call brings: a text, or chunks, never one after the other."""
    pieces = _pieces(args)
    mode = "chunks" if args.get("chunks") else "markdown_text" if pieces else ""
    if mode and message.stream_mode and mode != message.stream_mode:
        raise Failure("streaming_mode_mismatch")
    message.stream_mode = message.stream_mode or mode
    for piece in pieces:
        _check_chunk(piece)
    for piece in pieces:
        _add(message, piece)


def finish(message: Message, args: Json) -> None:
    """End it; the blocks given stand at its bottom."""
    grow(message, args)
    message.blocks = [*message.blocks, *(args.get("blocks") or [])]
    message.text = kit.raw_text("", message.blocks)
    message.stream_since, message.stream_ended = None, "app"


def stop_pressed(world: World, room: str, thread: str, user: str) -> Json:
    """Press Slack's own Stop: our streams in the thread end; the event that says so."""
    mine = [m for m in world.messages.values() if (m.room, m.thread) == (room, thread)]
    running = [m for m in mine if is_open(m, world.now())]
    for message in running:
        message.stream_since, message.stream_ended = None, "user"
    return {
        "type": "agent_session_stopped",
        "channel": room,
        "thread_ts": thread,
        "user": user,
        "streaming_message_ts": [message.ts for message in running],
        "event_ts": world.new_ts(),
    }


def _pieces(args: Json) -> list[Json]:
    text, chunks = args.get("markdown_text") or "", args.get("chunks") or []
    if text and chunks:
        raise Failure("cannot_provide_both_markdown_text_and_chunks")
    return [{"type": "markdown_text", "text": text}] if text else list(chunks)


def _check_chunk(chunk: Json) -> None:
    match chunk:
        case {"type": "markdown_text", "text": str(text)} if text:
            if len(text) > PIECE:
                raise Failure("msg_too_long")
        case {"type": "task_update", "id": str(), "title": str(title), "status": said}:
            if not title or len(title) > TITLE or said not in TASK_STATUSES:
                raise Failure("invalid_chunks")
        case {"type": "plan_update", "title": str(title)} if 0 < len(title) <= TITLE:
            pass
        case {"type": "blocks", "blocks": list(blocks)}:
            if faults := kit.faults_of(blocks):
                told = {"messages": faults}
                raise Failure("invalid_blocks", response_metadata=told)
        case _:
            raise Failure("invalid_chunks")


def _add(message: Message, chunk: Json) -> None:
    blocks = message.blocks
    match chunk["type"]:
        case "markdown_text":
            # Seen of the real one: white space a piece begins with may be lost.
            last = blocks[-1] if blocks else {}
            if last.get("type") == "markdown":
                last["text"] += chunk["text"].lstrip(" ")
            else:
                blocks.append({"type": "markdown", "text": chunk["text"]})
        case "task_update":
            card = _card(message, chunk["id"])
            card |= {"title": chunk["title"], "status": chunk["status"]}
            for part in ("details", "output"):
                if part in chunk:
                    card[part] = card.get(part, "") + chunk[part]
        case "plan_update":
            card = _card(message, "plan")
            card |= {"title": chunk["title"], "status": ""}
        case "blocks":
            blocks += chunk["blocks"]
    message.text = kit.raw_text("", blocks)


def _card(message: Message, task_id: str) -> Json:
    for block in message.blocks:
        if block.get("type") == "task_card" and block["task_id"] == task_id:
            return block
    message.blocks.append({"type": "task_card", "task_id": task_id, "title": ""})
    return message.blocks[-1]


def set_session(world: World, room: Room, args: Json) -> Json:
    """``agents.sessions.setStatus``: the state of one thread's session."""
    if not world.is_agent:
        raise Failure("feature_disabled")
    if args.get("status") not in STATUSES:
        raise Failure("invalid_status")
    if not args.get("thread_ts"):
        raise Failure("thread_ts_required")
    who = args.get("initiator_user_id")
    if who and who not in world.users:
        raise Failure("user_not_found")
    if len(args.get("title") or "") > SESSION_TITLE:
        raise Failure("invalid_title")
    thread = (room.id, args["thread_ts"])
    if thread not in world.sessions and args.get("title"):
        world.titles[thread] = args[
            "title"
        ]  # of a session that is there, it is ignored
    world.sessions[thread] = args["status"]
    return {"status": args["status"]}


def set_thread_status(world: World, room: Room, args: Json) -> Json:
    """``assistant.threads.setStatus``: a line under the thread; empty takes it away."""
    if not args.get("thread_ts"):
        raise Failure("invalid_arguments")
    if (room.id, args["thread_ts"]) not in world.messages:
        raise Failure("invalid_thread_ts")
    world.thread_status[room.id, args["thread_ts"]] = args.get("status") or ""
    return {}
