CREATE TABLE `storage__buckets` (
	`name` text PRIMARY KEY NOT NULL,
	`public` integer DEFAULT 0 NOT NULL,
	`max_bytes` integer,
	`types` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	CONSTRAINT "storage__buckets_public_boolean" CHECK("public" in (0, 1)),
	CONSTRAINT "storage__buckets_types_json" CHECK(json_valid("types"))
);

CREATE TABLE `storage__objects` (
	`id` text PRIMARY KEY NOT NULL,
	`bucket_id` text NOT NULL,
	`name` text NOT NULL,
	`folder` text,
	`owner_id` text,
	`size` integer NOT NULL,
	`mime_type` text NOT NULL,
	`created_at` text NOT NULL,
	`version` text NOT NULL,
	`etag` text NOT NULL,
	`cache_control` text NOT NULL,
	`user_metadata` text,
	`updated_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "storage__objects_user_metadata_json" CHECK(json_valid("user_metadata"))
);

CREATE INDEX `storage__objects_bucket_id_folder_name` ON `storage__objects` (`bucket_id`,`folder`,`name`);

CREATE UNIQUE INDEX `storage__objects_bucket_id_name` ON `storage__objects` (`bucket_id`,`name`);

CREATE INDEX `storage__objects_owner_id` ON `storage__objects` (`owner_id`);

CREATE UNIQUE INDEX `storage__objects_version` ON `storage__objects` (`version`);

CREATE TABLE `storage__trash` (
	`id` text PRIMARY KEY NOT NULL,
	`multipart_id` text,
	`thrown_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL
);

CREATE INDEX `storage__trash_thrown_at` ON `storage__trash` (`thrown_at`);

CREATE TABLE `storage__uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`bucket_id` text NOT NULL,
	`name` text NOT NULL,
	`folder` text,
	`owner_id` text,
	`size` integer NOT NULL,
	`mime_type` text NOT NULL,
	`created_at` text NOT NULL,
	`multipart_id` text,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action
);

CREATE INDEX `storage__uploads_bucket_id` ON `storage__uploads` (`bucket_id`);

CREATE INDEX `storage__uploads_created_at` ON `storage__uploads` (`created_at`);

CREATE INDEX `storage__uploads_owner_id` ON `storage__uploads` (`owner_id`);
