"""flags know their activity, so that its coordinators still see one whose conversation is gone"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('flag', schema=None) as batch_op:
        batch_op.add_column(sa.Column('activity_id', sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f('ix_flag_activity_id'), ['activity_id'], unique=False)
    # of a conversation that is gone already, nobody knows where it was
    op.execute(
        "UPDATE flag SET activity_id = (SELECT conversation.activity_id FROM conversation WHERE conversation.id = flag.conversation_id)"
    )
    # of people who keep nothing neither is kept any more; what they said before they chose goes with their no
    op.execute(sa.text("UPDATE conversation SET role = NULL, pseudonym = NULL WHERE kept = :no").bindparams(no=False))


def downgrade() -> None:
    # Not in a batch: SQLite would make the table anew, and dropping the old one would delete what hangs on it.
    op.drop_index('ix_flag_activity_id', 'flag')
    op.drop_column('flag', 'activity_id')
