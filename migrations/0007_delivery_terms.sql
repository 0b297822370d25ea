DROP TRIGGER IF EXISTS "restaurants_changes_delete";

DROP TRIGGER IF EXISTS "restaurants_changes_insert";

DROP TRIGGER IF EXISTS "restaurants_changes_update";

ALTER TABLE `restaurants` ADD COLUMN `delivery_radius_m` integer DEFAULT 5000 NOT NULL CONSTRAINT "restaurants_delivery_radius_m" CHECK(delivery_radius_m between 0 and 100000);

ALTER TABLE `restaurants` ADD COLUMN `min_order_minor` integer DEFAULT 0 NOT NULL CONSTRAINT "restaurants_min_order_minor" CHECK(min_order_minor >= 0);

ALTER TABLE `restaurants` ADD COLUMN `paused_until` text;

CREATE TRIGGER "restaurants_changes_delete" after delete on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'delete', old."id",
    null, json_insert(json_object('id',old."id",'name',old."name",'cuisine',old."cuisine",'description',old."description",'lat',old."lat",'lng',old."lng",'address',old."address",'city',old."city",'phone',old."phone",'time_zone',old."time_zone",'hours',json(old."hours"),'currency',old."currency",'prep_minutes',old."prep_minutes",'delivery_radius_m',old."delivery_radius_m",'min_order_minor',old."min_order_minor",'paused_until',old."paused_until"),'$."rating"',old."rating",'$."osm_id"',old."osm_id",'$."created_at"',old."created_at",'$."updated_at"',old."updated_at"));
end;

CREATE TRIGGER "restaurants_changes_insert" after insert on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'insert', new."id",
    json_insert(json_object('id',new."id",'name',new."name",'cuisine',new."cuisine",'description',new."description",'lat',new."lat",'lng',new."lng",'address',new."address",'city',new."city",'phone',new."phone",'time_zone',new."time_zone",'hours',json(new."hours"),'currency',new."currency",'prep_minutes',new."prep_minutes",'delivery_radius_m',new."delivery_radius_m",'min_order_minor',new."min_order_minor",'paused_until',new."paused_until"),'$."rating"',new."rating",'$."osm_id"',new."osm_id",'$."created_at"',new."created_at",'$."updated_at"',new."updated_at"), null);
end;

CREATE TRIGGER "restaurants_changes_update" after update on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'update', new."id",
    json_insert(json_object('id',new."id",'name',new."name",'cuisine',new."cuisine",'description',new."description",'lat',new."lat",'lng',new."lng",'address',new."address",'city',new."city",'phone',new."phone",'time_zone',new."time_zone",'hours',json(new."hours"),'currency',new."currency",'prep_minutes',new."prep_minutes",'delivery_radius_m',new."delivery_radius_m",'min_order_minor',new."min_order_minor",'paused_until',new."paused_until"),'$."rating"',new."rating",'$."osm_id"',new."osm_id",'$."created_at"',new."created_at",'$."updated_at"',new."updated_at"), json_insert(json_object('id',old."id",'name',old."name",'cuisine',old."cuisine",'description',old."description",'lat',old."lat",'lng',old."lng",'address',old."address",'city',old."city",'phone',old."phone",'time_zone',old."time_zone",'hours',json(old."hours"),'currency',old."currency",'prep_minutes',old."prep_minutes",'delivery_radius_m',old."delivery_radius_m",'min_order_minor',old."min_order_minor",'paused_until',old."paused_until"),'$."rating"',old."rating",'$."osm_id"',old."osm_id",'$."created_at"',old."created_at",'$."updated_at"',old."updated_at"));
end;
