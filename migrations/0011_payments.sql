CREATE TABLE `payments` (
	`id` text PRIMARY KEY NOT NULL,
	`order_id` text NOT NULL,
	`user_id` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`currency` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`decline_code` text,
	`card_token` text,
	`claim` text,
	`created_at` text NOT NULL,
	`settled_at` text,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "payments_amount_minor" CHECK(amount_minor >= 0)
);

CREATE UNIQUE INDEX `payments_claim` ON `payments` (`claim`);

CREATE INDEX `payments_order_id` ON `payments` (`order_id`);

CREATE INDEX `payments_state_created_at` ON `payments` (`state`,`created_at`);

CREATE INDEX `payments_user_id_created_at` ON `payments` (`user_id`,`created_at`);

CREATE TRIGGER "payments_changes_delete" after delete on "payments" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'payments', 'delete', old."id",
    null, json_object('id',old."id",'order_id',old."order_id",'user_id',old."user_id",'amount_minor',old."amount_minor",'currency',old."currency",'state',old."state",'decline_code',old."decline_code",'created_at',old."created_at",'settled_at',old."settled_at"));
end;

CREATE TRIGGER "payments_changes_insert" after insert on "payments" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'payments', 'insert', new."id",
    json_object('id',new."id",'order_id',new."order_id",'user_id',new."user_id",'amount_minor',new."amount_minor",'currency',new."currency",'state',new."state",'decline_code',new."decline_code",'created_at',new."created_at",'settled_at',new."settled_at"), null);
end;

CREATE TRIGGER "payments_changes_update" after update on "payments" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'payments', 'update', new."id",
    json_object('id',new."id",'order_id',new."order_id",'user_id',new."user_id",'amount_minor',new."amount_minor",'currency',new."currency",'state',new."state",'decline_code',new."decline_code",'created_at',new."created_at",'settled_at',new."settled_at"), json_object('id',old."id",'order_id',old."order_id",'user_id',old."user_id",'amount_minor',old."amount_minor",'currency',old."currency",'state',old."state",'decline_code',old."decline_code",'created_at',old."created_at",'settled_at',old."settled_at"));
end;

CREATE TABLE `refunds` (
	`id` text PRIMARY KEY NOT NULL,
	`order_id` text NOT NULL,
	`payment_id` text NOT NULL,
	`user_id` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`currency` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`reason` text NOT NULL,
	`created_at` text NOT NULL,
	`settled_at` text,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`payment_id`) REFERENCES `payments`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "refunds_amount_minor" CHECK(amount_minor >= 0)
);

CREATE INDEX `refunds_order_id` ON `refunds` (`order_id`);

CREATE UNIQUE INDEX `refunds_payment_id` ON `refunds` (`payment_id`);

CREATE INDEX `refunds_state_created_at` ON `refunds` (`state`,`created_at`);

CREATE INDEX `refunds_user_id_created_at` ON `refunds` (`user_id`,`created_at`);

CREATE TRIGGER "refunds_changes_delete" after delete on "refunds" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'refunds', 'delete', old."id",
    null, json_object('id',old."id",'order_id',old."order_id",'payment_id',old."payment_id",'user_id',old."user_id",'amount_minor',old."amount_minor",'currency',old."currency",'state',old."state",'reason',old."reason",'created_at',old."created_at",'settled_at',old."settled_at"));
end;

CREATE TRIGGER "refunds_changes_insert" after insert on "refunds" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'refunds', 'insert', new."id",
    json_object('id',new."id",'order_id',new."order_id",'payment_id',new."payment_id",'user_id',new."user_id",'amount_minor',new."amount_minor",'currency',new."currency",'state',new."state",'reason',new."reason",'created_at',new."created_at",'settled_at',new."settled_at"), null);
end;

CREATE TRIGGER "refunds_changes_update" after update on "refunds" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'refunds', 'update', new."id",
    json_object('id',new."id",'order_id',new."order_id",'payment_id',new."payment_id",'user_id',new."user_id",'amount_minor',new."amount_minor",'currency',new."currency",'state',new."state",'reason',new."reason",'created_at',new."created_at",'settled_at',new."settled_at"), json_object('id',old."id",'order_id',old."order_id",'payment_id',old."payment_id",'user_id',old."user_id",'amount_minor',old."amount_minor",'currency',old."currency",'state',old."state",'reason',old."reason",'created_at',old."created_at",'settled_at',old."settled_at"));
end;

CREATE TABLE `payments__sandbox_charges` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`currency` text NOT NULL,
	`decline_code` text,
	`asked` integer DEFAULT 1 NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL
);

CREATE UNIQUE INDEX `payments__sandbox_charges_key` ON `payments__sandbox_charges` (`key`);

CREATE TABLE `payments__sandbox_refunds` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`charge_key` text NOT NULL,
	`amount_minor` integer NOT NULL,
	`asked` integer DEFAULT 1 NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL
);

CREATE INDEX `payments__sandbox_refunds_charge_key` ON `payments__sandbox_refunds` (`charge_key`);

CREATE UNIQUE INDEX `payments__sandbox_refunds_key` ON `payments__sandbox_refunds` (`key`);
