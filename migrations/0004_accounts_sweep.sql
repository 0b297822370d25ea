CREATE INDEX `auth__one_time_tokens_expires_at` ON `auth__one_time_tokens` (`expires_at`);

CREATE INDEX `auth__outbox_created_at` ON `auth__outbox` (`created_at`);

CREATE INDEX `auth__outbox_recipient` ON `auth__outbox` (`recipient`);

CREATE INDEX `auth__sessions_ends_at` ON `auth__sessions` (`ends_at`);
