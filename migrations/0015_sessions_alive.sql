DROP INDEX IF EXISTS "auth__sessions_user_id";

CREATE INDEX `auth__sessions_user_id_ended_at` ON `auth__sessions` (`user_id`,`ended_at`);
