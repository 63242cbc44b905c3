"""exports: what somebody asked for and how far it has got"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('export',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('coordinator_id', sa.String(length=64), nullable=False),
    sa.Column('activity_id', sa.String(length=64), nullable=True),
    sa.Column('what', sa.String(length=16), nullable=False),
    sa.Column('form', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_export_activity_id_activity'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['coordinator_id'], ['coordinator.id'], name=op.f('fk_export_coordinator_id_coordinator'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export'))
    )
    with op.batch_alter_table('export', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_export_activity_id'), ['activity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_export_coordinator_id'), ['coordinator_id'], unique=False)


def downgrade() -> None:
    op.drop_table('export')
