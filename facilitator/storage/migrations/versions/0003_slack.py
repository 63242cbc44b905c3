"""Slack: events seen, who talks where, members and their reminders, calls still to be made"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
# 0004 was here first and follows 0002. Where it is made to follow 0003, put '0002' here.
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('slack_event',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('done', sa.Boolean(), nullable=False),
    sa.Column('busy_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_slack_event'))
    )
    with op.batch_alter_table('slack_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_slack_event_created_at'), ['created_at'], unique=False)

    op.create_table('slack_member',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('team', sa.String(length=32), nullable=False),
    sa.Column('user', sa.String(length=32), nullable=False),
    sa.Column('activity_id', sa.String(length=64), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('reminded', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_slack_member_activity_id_activity'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slack_member')),
    sa.UniqueConstraint('team', 'user', 'activity_id', name='uq_slack_member_team_user_activity')
    )
    with op.batch_alter_table('slack_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_slack_member_activity_id'), ['activity_id'], unique=False)

    op.create_table('reminder',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('about', sa.String(length=64), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['slack_member.id'], name=op.f('fk_reminder_member_id_slack_member'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder')),
    sa.UniqueConstraint('member_id', 'kind', 'about', name='uq_reminder_member_kind_about')
    )
    with op.batch_alter_table('reminder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reminder_member_id'), ['member_id'], unique=False)
        batch_op.create_index('ix_reminder_state_due', ['state', 'due_at'], unique=False)

    op.create_table('slack_out',
    sa.Column('seq', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('lane', sa.String(length=80), nullable=False),
    sa.Column('team', sa.String(length=32), nullable=False),
    sa.Column('user', sa.String(length=32), nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=True),
    sa.Column('method', sa.String(length=40), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('busy_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wait_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_slack_out_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_slack_out')),
    sa.UniqueConstraint('key', name=op.f('uq_slack_out_key'))
    )
    with op.batch_alter_table('slack_out', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_slack_out_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_slack_out_lane'), ['lane'], unique=False)

    op.create_table('slack_seat',
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('team', sa.String(length=32), nullable=False),
    sa.Column('user', sa.String(length=32), nullable=False),
    sa.Column('about', sa.String(length=64), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=True),
    sa.Column('shown_seq', sa.Integer(), nullable=False),
    sa.Column('open_at', sa.JSON(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('busy_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wait_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_slack_seat_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('conversation_id', name=op.f('pk_slack_seat')),
    sa.UniqueConstraint('team', 'user', 'about', name='uq_slack_seat_team_user_about')
    )


def downgrade() -> None:
    op.drop_table('slack_seat')
    with op.batch_alter_table('slack_out', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_slack_out_lane'))
        batch_op.drop_index(batch_op.f('ix_slack_out_conversation_id'))

    op.drop_table('slack_out')
    with op.batch_alter_table('reminder', schema=None) as batch_op:
        batch_op.drop_index('ix_reminder_state_due')
        batch_op.drop_index(batch_op.f('ix_reminder_member_id'))

    op.drop_table('reminder')
    with op.batch_alter_table('slack_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_slack_member_activity_id'))

    op.drop_table('slack_member')
    with op.batch_alter_table('slack_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_slack_event_created_at'))

    op.drop_table('slack_event')
