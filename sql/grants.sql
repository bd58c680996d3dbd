-- The least privileges that Sediment's account needs on this server. Run it as an administrator.
-- TRIGGER shows the delete triggers of a table, and PROCESS the foreign keys that other schemas have on it. Without them
-- MySQL hides both, and Sediment couldn't refuse a table whose deletes go further than its archive.
{{tables}}
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, CREATE ROUTINE, ALTER ROUTINE, EXECUTE ON {{ledger}}.* TO {{user}};
GRANT PROCESS, REPLICATION CLIENT ON *.* TO {{user}};
-- Shows how long other users' statements take, so that a purge can adapt to it. Without it, Sediment goes by the time that
-- a row of its own takes to be read and written.
GRANT SELECT ON performance_schema.events_statements_summary_by_user_by_event_name TO {{user}};
-- A restore needs more, and only on the table that it makes. Run this when you restore, with the table that it names, and revoke it afterwards:
-- GRANT SELECT, INSERT, CREATE ON `db`.`table_restored_20260915` TO {{user}};
