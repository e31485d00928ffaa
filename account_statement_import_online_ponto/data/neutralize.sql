-- A copy of a database must not talk to the bank on behalf of the original.
UPDATE ponto_integration
   SET client_secret_ciphertext = NULL,
       entered_secret_ciphertext = NULL,
       client_id = NULL,
       api_base = NULL,
       accepted_at = NULL,
       refused_at = NULL;
-- Nothing goes on in a copy.
UPDATE ponto_pull
   SET state = 'stopped',
       finished_at = now() AT TIME ZONE 'UTC'
 WHERE state = 'running';
UPDATE ponto_connect_wizard
   SET typed_secret_ciphertext = NULL;
UPDATE online_bank_statement_provider
   SET username = NULL,
       password = NULL,
       api_base = NULL,
       active = FALSE
 WHERE service = 'ponto';
DELETE FROM ir_config_parameter
 WHERE key = 'account_statement_import_online_ponto.api_base';
