"""What shoppers did, beside the records in PostgreSQL: every machine that serves the catalogue knows it.

The events lie in a schema of their own, `NAME+shoppers`, so that rights on them can be given apart, and what people did
can be left out of a dump. Who forgets a user has the table written anew (`VACUUM FULL`): deleted rows would stay in
the file, unseen, until others take their place. Others wait meanwhile, a second or so for each million of events.
"""

from __future__ import annotations

from typing import Final

import psycopg
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from shelflens.errors import CatalogueError
from shelflens.records.address import Address
from shelflens.records.connecting import explained, transactions
from shelflens.shopper.sql import SqlEvents
from shelflens.shopper.tables import SCHEMA, meta, metadata

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('shelflens: shoppers'))")
_AFRESH: Final = text("VACUUM (FULL) events")


class PostgresEvents(SqlEvents):
    """Opens the events of the catalogue at the address; makes their tables where there are none.

    Raises CatalogueError when the server cannot be reached, and for events of a newer shelflens.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._schema = f"{address.catalogue}+shoppers"  # no catalogue can be called so
        super().__init__(transactions(address, lock=_LOCK, schema=self._schema), where=str(address))
        try:
            self._settle()
        except psycopg.Error as error:  # before there is a connection, SQLAlchemy has no word for it
            self.close()
            raise explained(error, address) from error
        except BaseException:
            self.close()
            raise

    def _settle(self) -> None:
        with self._transaction(writing=True) as connection:
            if not inspect(connection).get_table_names(schema=self._schema):
                connection.execute(CreateSchema(self._schema, if_not_exists=True))
                metadata.create_all(connection, checkfirst=False)
                connection.execute(insert(meta), {"name": "schema", "number": SCHEMA})
            schema = connection.scalar(select(meta.c.number).where(meta.c.name == "schema"))
        if schema is None or schema > SCHEMA:
            raise CatalogueError(f"{self._address}: events of a newer shelflens (schema {schema}); upgrade shelflens")

    def _scrub(self, user: bytes) -> None:  # noqa: ARG002 (a table is written anew as a whole)
        with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(_AFRESH)

    def _explained(self, error: DBAPIError) -> CatalogueError:
        if isinstance(error.orig, psycopg.Error):
            return explained(error.orig, self._address)
        return super()._explained(error)
