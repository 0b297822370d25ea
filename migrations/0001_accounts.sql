CREATE TABLE `auth__limits` (
	`key` text PRIMARY KEY NOT NULL,
	`n` integer NOT NULL,
	`expires_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL
);

CREATE INDEX `auth__limits_expires_at` ON `auth__limits` (`expires_at`);

CREATE TABLE `auth__users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text,
	`password_hash` text,
	`email_confirmed_at` text,
	`new_email` text,
	`app_metadata` text DEFAULT '{}' NOT NULL,
	`user_metadata` text DEFAULT '{}' NOT NULL,
	`confirmation_sent_at` text,
	`recovery_sent_at` text,
	`email_change_sent_at` text,
	`last_sign_in_at` text,
	`banned_until` text,
	`deleted_at` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	CONSTRAINT "auth__users_app_metadata_json" CHECK(json_valid("app_metadata")),
	CONSTRAINT "auth__users_user_metadata_json" CHECK(json_valid("user_metadata"))
);

CREATE INDEX `auth__users_deleted_at_created_at` ON `auth__users` (`deleted_at`,`created_at`);

CREATE UNIQUE INDEX `auth__users_email` ON `auth__users` (`email`);

CREATE TABLE `auth__one_time_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`purpose` text NOT NULL,
	`token_hash` text NOT NULL,
	`code_hash` text,
	`tries` integer DEFAULT 0 NOT NULL,
	`email` text NOT NULL,
	`code_challenge` text,
	`expires_at` text NOT NULL,
	`code_expires_at` text,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action
);

CREATE INDEX `auth__one_time_tokens_email` ON `auth__one_time_tokens` (`email`);

CREATE UNIQUE INDEX `auth__one_time_tokens_token_hash` ON `auth__one_time_tokens` (`token_hash`);

CREATE UNIQUE INDEX `auth__one_time_tokens_user_id_purpose` ON `auth__one_time_tokens` (`user_id`,`purpose`);

CREATE TABLE `auth__outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`recipient` text NOT NULL,
	`subject` text NOT NULL,
	`body` text NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL
);

CREATE TABLE `auth__sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`key` text NOT NULL,
	`counter` integer DEFAULT 0 NOT NULL,
	`rotated_at` text NOT NULL,
	`ends_at` text NOT NULL,
	`ended_at` text,
	`amr` text NOT NULL,
	`address` text NOT NULL,
	`user_agent` text,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "auth__sessions_amr_json" CHECK(json_valid("amr"))
);

CREATE INDEX `auth__sessions_user_id` ON `auth__sessions` (`user_id`);


CREATE INDEX `auth__one_time_tokens_expires_at` ON `auth__one_time_tokens` (`expires_at`);

CREATE INDEX `auth__outbox_created_at` ON `auth__outbox` (`created_at`);

CREATE INDEX `auth__outbox_recipient` ON `auth__outbox` (`recipient`);

CREATE INDEX `auth__sessions_ends_at` ON `auth__sessions` (`ends_at`);
