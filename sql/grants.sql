-- What Sediment's user needs on this server, and no more. Run it as an administrator.
-- TRIGGER lets it see the delete triggers of a table, PROCESS the foreign keys that other schemas have on it: without
-- them MySQL hides both, and a rule that would delete more than was archived could not be refused.
{{tables}}
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, CREATE ROUTINE, ALTER ROUTINE, EXECUTE ON {{ledger}}.* TO {{user}};
GRANT PROCESS, REPLICATION CLIENT ON *.* TO {{user}};
