"""Reads a server's binary log from a position to its end: a line of JSON for each transaction, with its row events in order."""

import json
import sys

from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.event import GtidEvent, MariadbGtidEvent, QueryEvent, XidEvent
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

kinds = {DeleteRowsEvent: "delete", UpdateRowsEvent: "update", WriteRowsEvent: "insert"}


def main(port, user, file, position, schemas):
    # Not is_mariadb, which goes by GTIDs alone and would read the log from its beginning.
    stream = BinLogStreamReader(
        connection_settings={"host": "127.0.0.1", "port": port, "user": user, "passwd": ""},
        server_id=4_000_000 + port,
        log_file=file,
        log_pos=position,
        resume_stream=True,
        blocking=False,
        # Tables of other tests on the same server may hold what the reader can't parse.
        only_schemas=schemas,
        only_events=[GtidEvent, MariadbGtidEvent, QueryEvent, XidEvent, *kinds],
    )
    events = []
    for event in stream:
        if isinstance(event, (GtidEvent, MariadbGtidEvent)):
            events = []
        elif isinstance(event, XidEvent):
            print(json.dumps(events))
            events = []
        elif isinstance(event, QueryEvent):
            query = event.query if isinstance(event.query, str) else event.query.decode("utf8", "replace")
            if query.strip().upper() != "BEGIN":
                print(json.dumps([{"kind": "statement", "table": "", "statement": query}]))
        else:
            rows = [row.get("values") or row.get("before_values") for row in event.rows]
            # The first column: names are in the log only under binlog_row_metadata = FULL.
            values = [len([value for value in row.values() if value is not None]) for row in rows]
            ids = [str(next(iter(row.values()))) for row in rows]
            events.append({"kind": kinds[type(event)], "table": f"{event.schema}.{event.table}", "ids": ids, "values": values})
    stream.close()


main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:])
