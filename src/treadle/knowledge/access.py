"""Who may see and change which knowledge base. Source: spec knowledge §18, §19."""

from dataclasses import dataclass

from treadle.accounts.tables import Role
from treadle.knowledge.tables import KnowledgeBase, Permission
from treadle.platform.refusals import Forbidden

ADMINISTRATORS = frozenset({Role.OWNER, Role.ADMIN})
EDITORS = ADMINISTRATORS | {Role.EDITOR}
WORKERS = EDITORS | {Role.DATASET_OPERATOR}
"""Who works on documents and chunks of the bases that they may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: a member of a workspace, or the holder of a knowledge key, who opens all bases of the workspace."""

    workspace_id: str
    account_id: str | None
    """Whose name stands on what is made: of a key, who made it."""
    role: Role
    by_key: bool = False
    base_id: str | None = None
    """The one base that a key opens; None: all of them."""

    @property
    def created_from(self) -> str:
        """`web` or `api`, as documents keep it."""
        return "api" if self.by_key else "web"

    @property
    def sees_all(self) -> bool:
        """Whether no permission of a base keeps this one out."""
        return self.by_key or self.role is Role.OWNER

    def may_edit(self) -> None:
        """Raises Forbidden for those who may not make or delete bases."""
        if self.role not in EDITORS:
            raise Forbidden("Your role in this workspace does not allow this; ask an administrator.")

    def may_work(self) -> None:
        """Raises Forbidden for those who use knowledge through apps alone."""
        if self.role not in WORKERS:
            raise Forbidden("Your role in this workspace uses knowledge through apps; ask an administrator.")

    def may_see(self, base: KnowledgeBase, members: frozenset[str]) -> bool:
        """Whether the permission of `base` lets this one in; `members` are the accounts that it lists."""
        if self.base_id is not None and self.base_id != base.id:
            return False
        if self.sees_all:
            return True
        listed = self.account_id in members
        if self.role is Role.DATASET_OPERATOR:
            return base.permission == Permission.PARTIAL and listed
        mine = self.account_id is not None and base.created_by == self.account_id
        match base.permission:
            case Permission.ALL_TEAM:
                return True
            case Permission.PARTIAL:
                return mine or listed
            case _:
                return mine
