CREATE TABLE `restaurants` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`cuisine` text NOT NULL,
	`description` text,
	`lat` real NOT NULL,
	`lng` real NOT NULL,
	`address` text NOT NULL,
	`city` text,
	`phone` text,
	`time_zone` text NOT NULL,
	`hours` text NOT NULL,
	`currency` text NOT NULL,
	`prep_minutes` integer DEFAULT 20 NOT NULL,
	`rating` real,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`_fold_name` text,
	`_v` integer DEFAULT 1 NOT NULL,
	CONSTRAINT "restaurants_name" CHECK(length(name) > 0),
	CONSTRAINT "restaurants_lat" CHECK(lat between -90 and 90),
	CONSTRAINT "restaurants_lng" CHECK(lng between -180 and 180),
	CONSTRAINT "restaurants_hours" CHECK(json_type(hours, '$.weekly') is 'object' and json_type(hours, '$.exceptions') is 'object'),
	CONSTRAINT "restaurants_currency" CHECK(currency glob '[A-Z][A-Z][A-Z]'),
	CONSTRAINT "restaurants_prep_minutes" CHECK(prep_minutes between 0 and 1440),
	CONSTRAINT "restaurants_rating" CHECK(rating between 0 and 5),
	CONSTRAINT "restaurants_hours_json" CHECK(json_valid("hours"))
);

CREATE INDEX `restaurants_city_name` ON `restaurants` (`city`,`name`);

CREATE INDEX `restaurants_cuisine` ON `restaurants` (`cuisine`);

CREATE INDEX `restaurants_name` ON `restaurants` (`name`);

CREATE TRIGGER "restaurants_changes_delete" after delete on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'delete', old."id",
    null, json_object('id',old."id",'name',old."name",'cuisine',old."cuisine",'description',old."description",'lat',old."lat",'lng',old."lng",'address',old."address",'city',old."city",'phone',old."phone",'time_zone',old."time_zone",'hours',json(old."hours"),'currency',old."currency",'prep_minutes',old."prep_minutes",'rating',old."rating",'created_at',old."created_at",'updated_at',old."updated_at"));
end;

CREATE TRIGGER "restaurants_changes_insert" after insert on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'insert', new."id",
    json_object('id',new."id",'name',new."name",'cuisine',new."cuisine",'description',new."description",'lat',new."lat",'lng',new."lng",'address',new."address",'city',new."city",'phone',new."phone",'time_zone',new."time_zone",'hours',json(new."hours"),'currency',new."currency",'prep_minutes',new."prep_minutes",'rating',new."rating",'created_at',new."created_at",'updated_at',new."updated_at"), null);
end;

CREATE TRIGGER "restaurants_changes_update" after update on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'update', new."id",
    json_object('id',new."id",'name',new."name",'cuisine',new."cuisine",'description',new."description",'lat',new."lat",'lng',new."lng",'address',new."address",'city',new."city",'phone',new."phone",'time_zone',new."time_zone",'hours',json(new."hours"),'currency',new."currency",'prep_minutes',new."prep_minutes",'rating',new."rating",'created_at',new."created_at",'updated_at',new."updated_at"), json_object('id',old."id",'name',old."name",'cuisine',old."cuisine",'description',old."description",'lat',old."lat",'lng',old."lng",'address',old."address",'city',old."city",'phone',old."phone",'time_zone',old."time_zone",'hours',json(old."hours"),'currency',old."currency",'prep_minutes',old."prep_minutes",'rating',old."rating",'created_at',old."created_at",'updated_at',old."updated_at"));
end;

CREATE TABLE `menu_items` (
	`id` text PRIMARY KEY NOT NULL,
	`restaurant_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`category` text,
	`price_minor` integer NOT NULL,
	`currency` text NOT NULL,
	`stock` integer,
	`available` integer DEFAULT 1 NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`_fold_name` text,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`restaurant_id`) REFERENCES `restaurants`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "menu_items_name" CHECK(length(name) > 0),
	CONSTRAINT "menu_items_price_minor" CHECK(price_minor >= 0),
	CONSTRAINT "menu_items_currency" CHECK(currency glob '[A-Z][A-Z][A-Z]'),
	CONSTRAINT "menu_items_stock" CHECK(stock >= 0),
	CONSTRAINT "menu_items_available_boolean" CHECK("available" in (0, 1))
);

CREATE INDEX `menu_items_name` ON `menu_items` (`name`);

CREATE INDEX `menu_items_restaurant_id_name` ON `menu_items` (`restaurant_id`,`name`);

CREATE TRIGGER "menu_items_changes_delete" after delete on "menu_items" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'menu_items', 'delete', old."id",
    null, json_object('id',old."id",'restaurant_id',old."restaurant_id",'name',old."name",'description',old."description",'category',old."category",'price_minor',old."price_minor",'currency',old."currency",'stock',old."stock",'available',json(case old."available" when 1 then 'true' when 0 then 'false' else 'null' end),'created_at',old."created_at",'updated_at',old."updated_at"));
end;

CREATE TRIGGER "menu_items_changes_insert" after insert on "menu_items" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'menu_items', 'insert', new."id",
    json_object('id',new."id",'restaurant_id',new."restaurant_id",'name',new."name",'description',new."description",'category',new."category",'price_minor',new."price_minor",'currency',new."currency",'stock',new."stock",'available',json(case new."available" when 1 then 'true' when 0 then 'false' else 'null' end),'created_at',new."created_at",'updated_at',new."updated_at"), null);
end;

CREATE TRIGGER "menu_items_changes_update" after update on "menu_items" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'menu_items', 'update', new."id",
    json_object('id',new."id",'restaurant_id',new."restaurant_id",'name',new."name",'description',new."description",'category',new."category",'price_minor',new."price_minor",'currency',new."currency",'stock',new."stock",'available',json(case new."available" when 1 then 'true' when 0 then 'false' else 'null' end),'created_at',new."created_at",'updated_at',new."updated_at"), json_object('id',old."id",'restaurant_id',old."restaurant_id",'name',old."name",'description',old."description",'category',old."category",'price_minor',old."price_minor",'currency',old."currency",'stock',old."stock",'available',json(case old."available" when 1 then 'true' when 0 then 'false' else 'null' end),'created_at',old."created_at",'updated_at',old."updated_at"));
end;

CREATE TABLE `staff` (
	`id` text PRIMARY KEY NOT NULL,
	`restaurant_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text DEFAULT 'member' NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`restaurant_id`) REFERENCES `restaurants`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "staff_role" CHECK(role in ('manager', 'member'))
);

CREATE UNIQUE INDEX `staff_restaurant_id_user_id` ON `staff` (`restaurant_id`,`user_id`);

CREATE INDEX `staff_user_id` ON `staff` (`user_id`);

CREATE TRIGGER "staff_changes_delete" after delete on "staff" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'staff', 'delete', old."id",
    null, json_object('id',old."id",'restaurant_id',old."restaurant_id",'user_id',old."user_id",'role',old."role",'created_at',old."created_at"));
end;

CREATE TRIGGER "staff_changes_insert" after insert on "staff" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'staff', 'insert', new."id",
    json_object('id',new."id",'restaurant_id',new."restaurant_id",'user_id',new."user_id",'role',new."role",'created_at',new."created_at"), null);
end;

CREATE TRIGGER "staff_changes_update" after update on "staff" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'staff', 'update', new."id",
    json_object('id',new."id",'restaurant_id',new."restaurant_id",'user_id',new."user_id",'role',new."role",'created_at',new."created_at"), json_object('id',old."id",'restaurant_id',old."restaurant_id",'user_id',old."user_id",'role',old."role",'created_at',old."created_at"));
end;
