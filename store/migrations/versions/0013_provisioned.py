"""Who provisioned an agent, and agents by their addresses. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A column, empty, for until now everybody was configured; and a table with the addresses there are."""
    op.add_column("agents", sa.Column("provisioned_by", sa.Text()))
    addresses = op.create_table(
        "addresses",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.number"], name=op.f("fk_addresses_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("address", "agent", name=op.f("pk_addresses")),
    )
    op.create_index("addresses_by_agent", "addresses", ["agent"])
    agents = sa.table("agents", sa.column("number"), sa.column("email"), sa.column("aliases", sa.JSON()))
    found = {
        (address.strip().casefold(), row.number)
        for row in op.get_bind().execute(sa.select(agents))
        for address in (row.email, *row.aliases)
        if address
    }
    if found:
        op.bulk_insert(
            addresses, [{"address": address, "agent": number} for address, number in sorted(found)]
        )
