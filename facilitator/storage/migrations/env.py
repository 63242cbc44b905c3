"""Run by Alembic with the connection that `Database.upgrade` made."""

from alembic import context

from facilitator.storage.models import Base, UtcDateTime


def render_item(kind, item, _context):
    """Write our time type as the plain one, so that old migrations never depend on today's models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
)
context.run_migrations()
