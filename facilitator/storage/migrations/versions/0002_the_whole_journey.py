"""the whole journey: people, next steps, the ladder, prompts, released figures, retention by activity"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.add_column(sa.Column('raw_text_days', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('answer_days', sa.Integer(), nullable=True))

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('person_id', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('pseudonym', sa.String(length=40), nullable=True))
    # everybody so far is a person of their own
    op.execute("UPDATE conversation SET person_id = id")
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.alter_column('person_id', existing_type=sa.String(length=64), nullable=False)
        batch_op.create_index(batch_op.f('ix_conversation_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('reflection', schema=None) as batch_op:
        batch_op.add_column(sa.Column('prompt', sa.String(length=32), nullable=True))

    op.create_table('next_step',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('activity_id', sa.String(length=64), nullable=True),
    sa.Column('stage', sa.String(length=8), nullable=True),
    sa.Column('item', sa.String(length=64), nullable=True),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('who', sa.String(length=40), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_next_step_activity_id_activity'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_next_step_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_next_step'))
    )
    with op.batch_alter_table('next_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_next_step_activity_id'), ['activity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_next_step_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('ladder',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('activity_id', sa.String(length=64), nullable=True),
    sa.Column('role', sa.String(length=16), nullable=True),
    sa.Column('stands', sa.String(length=16), nullable=False),
    sa.Column('wanted', sa.String(length=16), nullable=True),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_ladder_activity_id_activity'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_ladder_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ladder')),
    sa.UniqueConstraint('message_id', name=op.f('uq_ladder_message_id'))
    )
    with op.batch_alter_table('ladder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ladder_activity_id'), ['activity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ladder_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('parity_release',
    sa.Column('activity_id', sa.String(length=64), nullable=False),
    sa.Column('item', sa.String(length=64), nullable=False),
    sa.Column('side', sa.String(length=16), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_parity_release_activity_id_activity'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('activity_id', 'item', 'side', name=op.f('pk_parity_release'))
    )


def downgrade() -> None:
    op.drop_table('parity_release')
    op.drop_table('ladder')
    op.drop_table('next_step')
    with op.batch_alter_table('reflection', schema=None) as batch_op:
        batch_op.drop_column('prompt')
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conversation_person_id'))
        batch_op.drop_column('pseudonym')
        batch_op.drop_column('person_id')
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.drop_column('answer_days')
        batch_op.drop_column('raw_text_days')
