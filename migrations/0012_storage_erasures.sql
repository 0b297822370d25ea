CREATE TABLE `storage__erasures` (
	`user_id` text PRIMARY KEY NOT NULL,
	`deleted_at` text NOT NULL,
	`erased_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action
);

CREATE INDEX `storage__erasures_deleted_at_user_id` ON `storage__erasures` (`deleted_at`,`user_id`);
