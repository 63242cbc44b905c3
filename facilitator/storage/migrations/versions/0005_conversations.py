"""what coordinators make of conversations, a search index over words they may read, and answers they write"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0003'
branch_labels = None
depends_on = None

MISSES = "('utter_unclear', 'utter_unclear_help', 'utter_decline_uncovered', 'utter_decline_off_topic')"


def upgrade() -> None:
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('stage', sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column('messages', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('fallbacks', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('review', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('reviewed_by', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('search_due', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_index('ix_conversation_activity_id')
        batch_op.drop_index('ix_conversation_last_active_at')
        batch_op.create_index('ix_conversation_active', ['last_active_at', 'id'], unique=False)
        batch_op.create_index('ix_conversation_activity_active', ['activity_id', 'last_active_at', 'id'], unique=False)
    op.create_index(
        'ix_conversation_search_due', 'conversation', ['search_due'], sqlite_where=sa.text('search_due'), postgresql_where=sa.text('search_due')
    )
    with op.batch_alter_table('flag', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wants_answer', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('answer_id', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('told_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_flag_state_kind', ['state', 'kind'], unique=False)
    op.create_table('search_document',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_search_document_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_search_document')),
    sa.UniqueConstraint('conversation_id', name=op.f('uq_search_document_conversation_id'))
    )
    op.create_table('conversation_note',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_conversation_note_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation_note'))
    )
    with op.batch_alter_table('conversation_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversation_note_conversation_id'), ['conversation_id'], unique=False)
    op.create_table('conversation_tag',
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('tag', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_conversation_tag_conversation_id_conversation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('conversation_id', 'tag', name=op.f('pk_conversation_tag'))
    )
    with op.batch_alter_table('conversation_tag', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversation_tag_tag'), ['tag'], unique=False)
    op.create_table('saved_filter',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('coordinator_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('query', sa.String(length=1000), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['coordinator_id'], ['coordinator.id'], name=op.f('fk_saved_filter_coordinator_id_coordinator'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filter'))
    )
    with op.batch_alter_table('saved_filter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_filter_coordinator_id'), ['coordinator_id'], unique=False)
    op.create_table('written_answer',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('activity_id', sa.String(length=64), nullable=True),
    sa.Column('question', sa.String(length=200), nullable=False),
    sa.Column('asks', sa.JSON(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('credit', sa.String(length=120), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_written_answer_activity_id_activity'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_written_answer'))
    )
    with op.batch_alter_table('written_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_written_answer_activity_id'), ['activity_id'], unique=False)
    _full_text()
    _fill_in()


def _full_text() -> None:
    """PostgreSQL keeps a column and an index of its own; SQLite's is a table beside ours, which triggers keep the same."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("ALTER TABLE search_document ADD search_words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED")
        op.execute("CREATE INDEX search_document_words ON search_document USING gin (search_words)")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(text, content='search_document', content_rowid='number', "
        "tokenize='porter unicode61 remove_diacritics 2')"
    )
    gone = "INSERT INTO search_words(search_words, rowid, text) VALUES ('delete', old.number, old.text)"
    come = "INSERT INTO search_words(rowid, text) VALUES (new.number, new.text)"
    for verb, body in (('insert', come), ('delete', gone), ('update', f"{gone}; {come}")):
        op.execute(f"CREATE TRIGGER search_words_{verb} AFTER {verb.upper()} ON search_document BEGIN {body}; END")


def _fill_in() -> None:
    """Count what is there already, and have the words of those who share them indexed at the first search."""
    stage = "json_extract(position, '$.stage')" if op.get_bind().dialect.name == 'sqlite' else "position->>'stage'"
    said = "SELECT count(*) FROM message WHERE message.conversation_id = conversation.id"
    missed = f"{said} AND {_response()} IN {MISSES}"
    op.execute(f"UPDATE conversation SET stage = {stage}, messages = ({said}), fallbacks = ({missed})")
    op.execute(sa.text("UPDATE conversation SET search_due = :yes WHERE kept AND share_words").bindparams(yes=True))


def _response() -> str:
    return "json_extract(say, '$.response')" if op.get_bind().dialect.name == 'sqlite' else "say->>'response'"


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for verb in ('insert', 'delete', 'update'):
            op.execute(f'DROP TRIGGER search_words_{verb}')
        op.execute('DROP TABLE search_words')
    for table in ('written_answer', 'saved_filter', 'conversation_tag', 'conversation_note', 'search_document'):
        op.drop_table(table)
    # Not in a batch: SQLite would make the table anew, and dropping the old one would delete what hangs on it.
    op.drop_index('ix_flag_state_kind', 'flag')
    for column in ('told_at', 'answer_id', 'wants_answer'):
        op.drop_column('flag', column)
    op.drop_index('ix_conversation_search_due', 'conversation')
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_index('ix_conversation_activity_active')
        batch_op.drop_index('ix_conversation_active')
        batch_op.create_index('ix_conversation_last_active_at', ['last_active_at'], unique=False)
        batch_op.create_index('ix_conversation_activity_id', ['activity_id'], unique=False)
    for column in ('search_due', 'reviewed_by', 'reviewed_at', 'review', 'fallbacks', 'messages', 'stage'):
        op.drop_column('conversation', column)
