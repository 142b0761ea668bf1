"""Envelope encryption: a secret under its workspace's key, that under ours.

AES-256-GCM with a random 96-bit nonce. What a ciphertext belongs to (workspace, table,
row, column, key) is its associated data, so that none can be moved to another place.
"""

import base64
import os
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import AgentError, BadInput
from agent.ports import Sealer
from agent.vault import queries

NONCE_BYTES = 12
KEY_BYTES = 32
_HEADER = 8
"""Bytes of a wrapped key that name the installation's key which wrapped it."""

_UNOPENED = (InvalidTag, ValueError)
"""A wrong key or text, or a nonce of another length."""


class CannotOpen(AgentError):
    """A sealed value was changed, moved, or sealed under a key that is gone."""

    code, status = "cannot_open", 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret at rest: three columns of a row."""

    ciphertext: bytes
    nonce: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a sealed value lives; it opens nowhere else."""

    workspace_id: UUID
    table: str
    row: UUID
    column: str


class InstallationKey:
    """The key that wraps the workspaces' keys. 32 bytes, kept outside the database."""

    def __init__(self, key: bytes) -> None:
        """Take the raw key.

        Raises:
            BadInput: It is not 32 bytes.
        """
        if len(key) != KEY_BYTES:
            raise BadInput(
                f"The installation's key has {len(key)} bytes, not {KEY_BYTES}.",
                hint="Set DRAPER_KEY to 32 random bytes, base64.",
            )
        self._cipher = AESGCM(key)
        self.id = sha256(b"draper key id" + key).digest()[:_HEADER]

    @classmethod
    def from_text(cls, text: str) -> "InstallationKey":
        """Read base64.

        Raises:
            BadInput: It is not base64 of 32 bytes.
        """
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except ValueError as error:
            raise BadInput(
                "DRAPER_KEY is not base64.", hint="Set it to 32 random bytes, base64."
            ) from error

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """Encrypt a workspace's key: header, nonce, ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return self.id + nonce + self._cipher.encrypt(nonce, key, self.id + bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Decrypt a workspace's key.

        Raises:
            CannotOpen: Another installation's key wrapped it, or it was changed.
        """
        header, nonce = wrapped[:_HEADER], wrapped[_HEADER : _HEADER + NONCE_BYTES]
        body = wrapped[_HEADER + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, header + bound_to)
        except _UNOPENED as error:
            raise CannotOpen(
                "The workspace's key does not open.",
                hint="Is DRAPER_KEY the one this database was made with?",
            ) from error


async def seal(
    session: AsyncSession, installation: Sealer, spot: Spot, secret: bytes
) -> Sealed:
    """Seal ``secret`` for ``spot``; makes the workspace's key when it has none.

    ``session`` is one of ``system("vault")``.
    """
    kid, key = await _current_key(session, installation, spot.workspace_id)
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(AESGCM(key).encrypt(nonce, secret, _bound(spot, kid)), nonce, kid)


async def open_sealed(
    session: AsyncSession, installation: Sealer, spot: Spot, sealed: Sealed
) -> bytes:
    """Return the secret.

    Raises:
        CannotOpen: Changed, moved from its spot, or its key is gone.
    """
    wrapped = await queries.wrapped_key(session, spot.workspace_id, sealed.key_id)
    if wrapped is None:
        raise CannotOpen("The key that sealed it is gone.", hint="Enter it anew.")
    key = installation.unwrap(wrapped, _wrapped_for(spot.workspace_id, sealed.key_id))
    try:
        return AESGCM(key).decrypt(
            sealed.nonce, sealed.ciphertext, _bound(spot, sealed.key_id)
        )
    except _UNOPENED as error:
        raise CannotOpen(
            "The sealed value does not open.", hint="Enter it anew."
        ) from error


async def rotate(
    session: AsyncSession, installation: Sealer, workspace_id: UUID
) -> str:
    """Retire the workspace's key and make the next; old values still open."""
    await queries.retire(session, workspace_id)
    kid, _ = await _current_key(session, installation, workspace_id)
    return kid


async def current_id(
    session: AsyncSession, installation: Sealer, workspace_id: UUID
) -> str:
    """The id of the workspace's key in force; made when there is none."""
    return (await _current_key(session, installation, workspace_id))[0]


async def _current_key(
    session: AsyncSession, installation: Sealer, workspace_id: UUID
) -> tuple[str, bytes]:
    found = await queries.current(session, workspace_id)
    if found is None:
        kid, fresh = os.urandom(8).hex(), os.urandom(KEY_BYTES)
        wrapped = installation.wrap(fresh, _wrapped_for(workspace_id, kid))
        # Two may race to make the first key: the one that was inserted counts.
        await queries.insert(session, workspace_id, kid, wrapped)
        found = await queries.current(session, workspace_id)
    if found is None:
        raise CannotOpen("The workspace's key could not be made.", hint="Try again.")
    kid, wrapped = found
    return kid, installation.unwrap(wrapped, _wrapped_for(workspace_id, kid))


def _wrapped_for(workspace_id: UUID, kid: str) -> bytes:
    return f"workspace_keys|{workspace_id}|{kid}".encode()


def _bound(spot: Spot, kid: str) -> bytes:
    parts = (spot.workspace_id, spot.table, spot.row, spot.column, kid)
    return "|".join(map(str, parts)).encode()
