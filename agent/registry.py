"""Every operation there is, by name. Add a room here and nowhere else."""

from collections.abc import Iterator
from typing import Any

from agent.billing.operations import OPERATIONS as BILLING
from agent.catalog.chosen_version_operations import OPERATIONS as CHOSEN_VERSIONS
from agent.catalog.experiment_operations import OPERATIONS as EXPERIMENTS
from agent.catalog.instruction_operations import OPERATIONS as INSTRUCTIONS
from agent.catalog.model_operations import OPERATIONS as MODELS
from agent.catalog.operations import OPERATIONS as CATALOG
from agent.catalog.promotion_operations import OPERATIONS as PROMOTION
from agent.catalog.proposal_operations import OPERATIONS as PROPOSALS
from agent.catalog.quality_operations import OPERATIONS as QUALITY
from agent.catalog.skill_rule_operations import OPERATIONS as SKILL_RULES
from agent.catalog.version_operations import OPERATIONS as SKILL_VERSIONS
from agent.catalog.week_operations import OPERATIONS as WEEK
from agent.clients.asset_operations import OPERATIONS as FILES
from agent.clients.operations import OPERATIONS as CLIENTS
from agent.clients.shelf_operations import OPERATIONS as SHELF
from agent.clients.version_operations import OPERATIONS as VERSIONS
from agent.identity.account_operations import OPERATIONS as ACCOUNT
from agent.identity.audit_operations import OPERATIONS as AUDIT
from agent.identity.console_operations import OPERATIONS as CONSOLE
from agent.identity.email_operations import OPERATIONS as EMAILS
from agent.identity.help_operations import OPERATIONS as HELP
from agent.identity.invite_operations import OPERATIONS as INVITES
from agent.identity.key_operations import OPERATIONS as KEYS
from agent.identity.member_operations import OPERATIONS as MEMBERS
from agent.identity.preferences_operations import OPERATIONS as PREFERENCES
from agent.identity.session_operations import OPERATIONS as SESSIONS
from agent.identity.workspace_operations import OPERATIONS as WORKSPACES
from agent.mailroom.operations import OPERATIONS as MAILROOM
from agent.memory.operations import OPERATIONS as MEMORY
from agent.memory.resume_operations import OPERATIONS as RESUME
from agent.operation import Operation, Surface
from agent.runs.addition_operations import OPERATIONS as ADDITIONS
from agent.runs.amend_operations import OPERATIONS as AMENDS
from agent.runs.cheaper_operations import OPERATIONS as CHEAPER
from agent.runs.consent_operations import OPERATIONS as CONSENTS
from agent.runs.export_operations import OPERATIONS as EXPORTS
from agent.runs.label_operations import OPERATIONS as LABELS
from agent.runs.next_operations import OPERATIONS as NEXT_STEPS
from agent.runs.operations import OPERATIONS as RUNS
from agent.runs.output_operations import OPERATIONS as OUTPUTS
from agent.runs.own_skill_operations import OPERATIONS as OWN_SKILLS
from agent.runs.pause_operations import OPERATIONS as PAUSES
from agent.runs.review_operations import OPERATIONS as REVIEWS
from agent.runs.revise_operations import OPERATIONS as REVISIONS
from agent.runs.rule_operations import OPERATIONS as RULES
from agent.runs.search_operations import OPERATIONS as SEARCH
from agent.runs.sharing_operations import OPERATIONS as SHARING
from agent.vault.operations import OPERATIONS as VAULT
from agent.vault.pasted_operations import OPERATIONS as PASTED

AnyOperation = Operation[Any, Any]

CATALOGUE: tuple[AnyOperation, ...] = (
    *KEYS,
    *OWN_SKILLS,
    *(
        *CATALOG,
        *RUNS,
        *ADDITIONS,
        *OUTPUTS,
        *(*EXPORTS, *NEXT_STEPS),
        *REVISIONS,
        *(*REVIEWS, *AMENDS),
        *PAUSES,
        *SHARING,
    ),
    *(*LABELS, *RULES, *PROPOSALS, *SKILL_RULES),
    *(*SKILL_VERSIONS, *CHOSEN_VERSIONS, *EXPERIMENTS, *PROMOTION),
    *(*CLIENTS, *FILES, *MEMORY, *MAILROOM),
    # Their plain words are the wider the later they come: "restore version 2".
    *(*VERSIONS, *SHELF, *AUDIT),
    *CONSENTS,
    *(*BILLING, *MODELS, *CHEAPER),
    *(*ACCOUNT, *MEMBERS, *WORKSPACES, *INVITES, *EMAILS),
    *(*CONSOLE, *SESSIONS, *SEARCH, *QUALITY, *WEEK),
    *RESUME,
    *(*VAULT, *PASTED),
    *(*HELP, *PREFERENCES, *INSTRUCTIONS),
)

BY_NAME = {op.name: op for op in CATALOGUE}


def on(surface: Surface) -> Iterator[AnyOperation]:
    """Yield the operations that ``surface`` shows, in catalogue order."""
    return (op for op in CATALOGUE if surface in op.on)
