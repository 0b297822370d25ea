CREATE TABLE `quotes` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`restaurant_id` text NOT NULL,
	`lat` real NOT NULL,
	`lng` real NOT NULL,
	`distance_m` integer NOT NULL,
	`currency` text NOT NULL,
	`items_minor` integer NOT NULL,
	`delivery_fee_minor` integer NOT NULL,
	`total_minor` integer NOT NULL,
	`eta_min_minutes` integer NOT NULL,
	`eta_max_minutes` integer NOT NULL,
	`expires_at` text NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "quotes_items_minor" CHECK(items_minor >= 0),
	CONSTRAINT "quotes_total_minor" CHECK(total_minor >= 0),
	CONSTRAINT "quotes_lat" CHECK(lat between -90 and 90),
	CONSTRAINT "quotes_lng" CHECK(lng between -180 and 180)
);

CREATE INDEX `quotes_user_id` ON `quotes` (`user_id`);

CREATE TABLE `orders` (
	`id` text PRIMARY KEY NOT NULL,
	`quote_id` text NOT NULL,
	`user_id` text NOT NULL,
	`restaurant_id` text NOT NULL,
	`state` text NOT NULL,
	`currency` text NOT NULL,
	`items_minor` integer NOT NULL,
	`delivery_fee_minor` integer NOT NULL,
	`total_minor` integer NOT NULL,
	`eta_min_minutes` integer NOT NULL,
	`eta_max_minutes` integer NOT NULL,
	`pay_by` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`quote_id`) REFERENCES `quotes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`restaurant_id`) REFERENCES `restaurants`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "orders_items_minor" CHECK(items_minor >= 0),
	CONSTRAINT "orders_total_minor" CHECK(total_minor >= 0)
);

CREATE INDEX `orders_pay_by` ON `orders` (`pay_by`);

CREATE UNIQUE INDEX `orders_quote_id` ON `orders` (`quote_id`);

CREATE INDEX `orders_restaurant_id_created_at` ON `orders` (`restaurant_id`,`created_at`);

CREATE INDEX `orders_user_id_created_at` ON `orders` (`user_id`,`created_at`);

CREATE TRIGGER "orders_changes_delete" after delete on "orders" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'orders', 'delete', old."id",
    null, json_object('id',old."id",'quote_id',old."quote_id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'state',old."state",'currency',old."currency",'items_minor',old."items_minor",'delivery_fee_minor',old."delivery_fee_minor",'total_minor',old."total_minor",'eta_min_minutes',old."eta_min_minutes",'eta_max_minutes',old."eta_max_minutes",'pay_by',old."pay_by",'created_at',old."created_at",'updated_at',old."updated_at"));
end;

CREATE TRIGGER "orders_changes_insert" after insert on "orders" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'orders', 'insert', new."id",
    json_object('id',new."id",'quote_id',new."quote_id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'state',new."state",'currency',new."currency",'items_minor',new."items_minor",'delivery_fee_minor',new."delivery_fee_minor",'total_minor',new."total_minor",'eta_min_minutes',new."eta_min_minutes",'eta_max_minutes',new."eta_max_minutes",'pay_by',new."pay_by",'created_at',new."created_at",'updated_at',new."updated_at"), null);
end;

CREATE TRIGGER "orders_changes_update" after update on "orders" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'orders', 'update', new."id",
    json_object('id',new."id",'quote_id',new."quote_id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'state',new."state",'currency',new."currency",'items_minor',new."items_minor",'delivery_fee_minor',new."delivery_fee_minor",'total_minor',new."total_minor",'eta_min_minutes',new."eta_min_minutes",'eta_max_minutes',new."eta_max_minutes",'pay_by',new."pay_by",'created_at',new."created_at",'updated_at',new."updated_at"), json_object('id',old."id",'quote_id',old."quote_id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'state',old."state",'currency',old."currency",'items_minor',old."items_minor",'delivery_fee_minor',old."delivery_fee_minor",'total_minor',old."total_minor",'eta_min_minutes',old."eta_min_minutes",'eta_max_minutes',old."eta_max_minutes",'pay_by',old."pay_by",'created_at',old."created_at",'updated_at',old."updated_at"));
end;

CREATE TABLE `cancellations` (
	`id` text PRIMARY KEY NOT NULL,
	`order_id` text NOT NULL,
	`user_id` text NOT NULL,
	`restaurant_id` text NOT NULL,
	`reason` text,
	`mover` text NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE no action
);

CREATE UNIQUE INDEX `cancellations_order_id` ON `cancellations` (`order_id`);

CREATE INDEX `cancellations_restaurant_id` ON `cancellations` (`restaurant_id`);

CREATE INDEX `cancellations_user_id` ON `cancellations` (`user_id`);

CREATE TRIGGER "cancellations_changes_delete" after delete on "cancellations" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'cancellations', 'delete', old."id",
    null, json_object('id',old."id",'order_id',old."order_id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'reason',old."reason",'mover',old."mover",'created_at',old."created_at"));
end;

CREATE TRIGGER "cancellations_changes_insert" after insert on "cancellations" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'cancellations', 'insert', new."id",
    json_object('id',new."id",'order_id',new."order_id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'reason',new."reason",'mover',new."mover",'created_at',new."created_at"), null);
end;

CREATE TRIGGER "cancellations_changes_update" after update on "cancellations" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'cancellations', 'update', new."id",
    json_object('id',new."id",'order_id',new."order_id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'reason',new."reason",'mover',new."mover",'created_at',new."created_at"), json_object('id',old."id",'order_id',old."order_id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'reason',old."reason",'mover',old."mover",'created_at',old."created_at"));
end;

CREATE TABLE `order_events` (
	`id` text PRIMARY KEY NOT NULL,
	`order_id` text NOT NULL,
	`user_id` text NOT NULL,
	`restaurant_id` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`mover` text NOT NULL,
	`actor_id` text,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE no action
);

CREATE INDEX `order_events_order_id` ON `order_events` (`order_id`);

CREATE INDEX `order_events_restaurant_id` ON `order_events` (`restaurant_id`);

CREATE INDEX `order_events_user_id` ON `order_events` (`user_id`);

CREATE TRIGGER "order_events_changes_delete" after delete on "order_events" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'order_events', 'delete', old."id",
    null, json_object('id',old."id",'order_id',old."order_id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'state',old."state",'reason',old."reason",'mover',old."mover",'created_at',old."created_at"));
end;

CREATE TRIGGER "order_events_changes_insert" after insert on "order_events" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'order_events', 'insert', new."id",
    json_object('id',new."id",'order_id',new."order_id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'state',new."state",'reason',new."reason",'mover',new."mover",'created_at',new."created_at"), null);
end;

CREATE TRIGGER "order_events_changes_update" after update on "order_events" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'order_events', 'update', new."id",
    json_object('id',new."id",'order_id',new."order_id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'state',new."state",'reason',new."reason",'mover',new."mover",'created_at',new."created_at"), json_object('id',old."id",'order_id',old."order_id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'state',old."state",'reason',old."reason",'mover',old."mover",'created_at',old."created_at"));
end;

CREATE TABLE `order_lines` (
	`id` text PRIMARY KEY NOT NULL,
	`order_id` text NOT NULL,
	`menu_item_id` text NOT NULL,
	`position` integer NOT NULL,
	`name` text NOT NULL,
	`quantity` integer NOT NULL,
	`unit_price_minor` integer NOT NULL,
	`total_minor` integer NOT NULL,
	`counted` integer DEFAULT 0 NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "order_lines_quantity" CHECK(quantity > 0),
	CONSTRAINT "order_lines_unit_price_minor" CHECK(unit_price_minor >= 0),
	CONSTRAINT "order_lines_counted_boolean" CHECK("counted" in (0, 1))
);

CREATE UNIQUE INDEX `order_lines_order_id_position` ON `order_lines` (`order_id`,`position`);

CREATE TABLE `quote_lines` (
	`id` text PRIMARY KEY NOT NULL,
	`quote_id` text NOT NULL,
	`menu_item_id` text NOT NULL,
	`position` integer NOT NULL,
	`name` text NOT NULL,
	`quantity` integer NOT NULL,
	`unit_price_minor` integer NOT NULL,
	`total_minor` integer NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`quote_id`) REFERENCES `quotes`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "quote_lines_quantity" CHECK(quantity > 0),
	CONSTRAINT "quote_lines_unit_price_minor" CHECK(unit_price_minor >= 0)
);

CREATE UNIQUE INDEX `quote_lines_quote_id_position` ON `quote_lines` (`quote_id`,`position`);
