"""Subscriptions: what calendar servers were asked to tell us of. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table, empty: the clock fills it."""
    op.create_table(
        "subscriptions",
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text()),
        sa.Column("client_state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_subscriptions_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("subscription", name=op.f("uq_subscriptions_subscription")),
    )
    op.create_index("subscriptions_by_due", "subscriptions", ["due_at"])
