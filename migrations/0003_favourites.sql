CREATE TABLE `favourites` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`restaurant_id` text NOT NULL,
	`created_at` text NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`restaurant_id`) REFERENCES `restaurants`(`id`) ON UPDATE no action ON DELETE no action
);

CREATE INDEX `favourites_restaurant_id` ON `favourites` (`restaurant_id`);

CREATE UNIQUE INDEX `favourites_user_id_restaurant_id` ON `favourites` (`user_id`,`restaurant_id`);

CREATE TRIGGER "favourites_changes_delete" after delete on "favourites" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'favourites', 'delete', old."id",
    null, json_object('id',old."id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'created_at',old."created_at"));
end;

CREATE TRIGGER "favourites_changes_insert" after insert on "favourites" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'favourites', 'insert', new."id",
    json_object('id',new."id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'created_at',new."created_at"), null);
end;

CREATE TRIGGER "favourites_changes_update" after update on "favourites" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'favourites', 'update', new."id",
    json_object('id',new."id",'user_id',new."user_id",'restaurant_id',new."restaurant_id",'created_at',new."created_at"), json_object('id',old."id",'user_id',old."user_id",'restaurant_id',old."restaurant_id",'created_at',old."created_at"));
end;
